/** Amazon Bedrock behind the gateway: the AWS SDK signs what it sends, so the gateway goes in before the signature. */
import { BedrockRuntimeClient, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { createGateway, redact, spendCap } from 'postern';
import { guardBedrock } from 'postern/bedrock';
import { promptOf, startFakeBedrock } from './support/fake-bedrock.ts';
import { EMAIL } from './support/invented.ts';

const bedrock = await startFakeBedrock({ http2: true });
bedrock.reply = promptOf;
const gateway = createGateway({
  policies: [redact({ restore: true }), spendCap({ limitUsd: 0.05, window: 'daily', per: 'user' })],
});
gateway.on('call', ({ outcome, usage, cost }) => console.log('\nThe gateway says:', { outcome, usage, cost }));

const { endpoint, credentials } = bedrock; // of your own account, leave both away
const client = guardBedrock(new BedrockRuntimeClient({ region: 'us-east-1', endpoint, credentials }), gateway);

await gateway.withContext({ user: 'ada' }, async () => {
  const { stream = [] } = await client.send(
    new ConverseStreamCommand({
      modelId: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      messages: [{ role: 'user', content: [{ text: `Repeat this line: mail ${EMAIL}.` }] }],
      inferenceConfig: { maxTokens: 100 },
    }),
  );
  for await (const event of stream) process.stdout.write(event.contentBlockDelta?.delta?.text ?? '');
});

console.log(`Bedrock saw: ${promptOf(bedrock.requests[0]!)} (forged signatures: ${bedrock.forged})`);
client.destroy();
await bedrock.close();

import { expect, it } from 'vitest';
import { createGateway, redact } from '../../src/index.ts';

it('a gateway redacts texts for traces by the rules of its policies, monitored ones too', () => {
  const own = redact({ entities: ['EMAIL_ADDRESS'], mode: 'monitor' });
  const { redactText } = createGateway({ policies: [own] });
  expect(redactText('ada@example.com 521-44-9876')).toBe('<EMAIL_ADDRESS_1> 521-44-9876');
});

it('and by the default ones where no policy redacts', () => {
  expect(createGateway().redactText('ada@example.com 521-44-9876')).toBe('<EMAIL_ADDRESS_1> <US_SSN_1>');
});

/** A link to a trace, made of a template and the ids of a call. Knows no backend. */
import { optionError } from '../errors.ts';

/** What a template may hold in braces. */
const PLACEHOLDERS = ['traceId', 'spanId', 'callId', 'exchangeId', 'projectName'] as const;

export type LinkValues = Readonly<Partial<Record<(typeof PLACEHOLDERS)[number], string | undefined>>>;

/** Values are percent-encoded. `undefined` where one that the template asks for is not known. */
export function linkOf(template: string, values: LinkValues): string | undefined {
  let isWhole = true;
  const link = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name as keyof LinkValues] : undefined;
    isWhole &&= value !== undefined;
    return encodeURIComponent(value ?? '');
  });
  return isWhole ? link : undefined;
}

/** @throws GatewayError `invalid_option`. `owner` is who was given the template. */
export function checkLink(owner: string, template = '', projectName?: string): void {
  const names = [...template.matchAll(/\{(\w*)\}/g)].map(([, name]) => name!);
  const unknown = names.find((name) => !PLACEHOLDERS.includes(name as never));
  if (unknown !== undefined)
    throw optionError(
      `${owner}: link`,
      `a template with ${PLACEHOLDERS.map((name) => `{${name}}`).join(', ')}`,
      `{${unknown}}`,
    );
  if (names.includes('projectName') && !projectName)
    throw optionError(`${owner}: projectName`, 'given for {projectName} in the link', projectName);
}

/** Stub. */
import { Heading } from './parts.tsx';

export function Keys() {
  return <Heading title="Keys" />;
}

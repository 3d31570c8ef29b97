/** Stub. */
import { Heading } from './parts.tsx';

export function Events() {
  return <Heading title="Events" />;
}

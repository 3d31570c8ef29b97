/** Stub. */
import { Heading } from './parts.tsx';

export function Health() {
  return <Heading title="Health" />;
}

/** Stub. */
import { Heading } from './parts.tsx';

export function Policies() {
  return <Heading title="Policies" />;
}

/** Whether somebody registered a tracer provider. Knows the OpenTelemetry API only. */
import { ProxyTracerProvider, type TracerProvider, trace } from '@opentelemetry/api';

/** What the API's proxy stands for until somebody registers: one object for each copy of the API. */
const NONE = new ProxyTracerProvider().getDelegate();

/** The registered provider, or `undefined`: the API answers with a proxy for none at all. */
export function registeredProvider(): TracerProvider | undefined {
  const provider = trace.getTracerProvider();
  if (!(provider instanceof ProxyTracerProvider)) return provider;
  const delegate = provider.getDelegate();
  return delegate === NONE ? undefined : delegate;
}

/** A finished span with some of its fields told differently; the span itself, which other exporters see too, stays as it is. */
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';

export type SpanFields = Partial<{ -readonly [K in keyof ReadableSpan]: ReadableSpan[K] | undefined }>;

/** A proxy, for spans of other SDK versions may keep their fields behind getters; those and methods run on the span itself. */
export function spanView(span: ReadableSpan, fields: SpanFields): ReadableSpan {
  return new Proxy(span, {
    get(target, key) {
      if (Object.hasOwn(fields, key)) return fields[key as keyof SpanFields];
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

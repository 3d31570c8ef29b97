/** Forms: sent once at a time; what the server finds wrong is said at its field, and the focus goes there. */
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { ApiProblem } from './api.ts';
import { useDoing } from './live.ts';

export interface Form {
  readonly form: RefObject<HTMLFormElement | null>;
  readonly busy: boolean;
  /** What is wrong with no field in particular, or all there is to say. */
  readonly error: unknown;
  /** What is wrong with the field at this path or below it: `config.limit_usd`. */
  errorAt(path: string): string | undefined;
  submit(event: Event, work: () => Promise<void>): void;
}

export function useForm(): Form {
  const form = useRef<HTMLFormElement>(null);
  const { busy, error, run } = useDoing();
  // Each new error moves the focus
  useEffect(() => {
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [error]);
  const param = error instanceof ApiProblem ? error.param : undefined;
  return {
    form,
    busy,
    error,
    errorAt: (path) =>
      param !== undefined && (param === path || param.startsWith(`${path}.`) || param.startsWith(`${path}[`))
        ? (error as ApiProblem).message
        : undefined,
    submit(event, work) {
      event.preventDefault();
      if (!busy) run(work);
    },
  };
}

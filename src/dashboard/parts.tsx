/** The small pieces that pages are made of. */
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { messageOf } from './api.ts';
import { ago, isToday, localClock, localDay, localInstant, span, utcText } from './format.ts';
import { type Live, useNow } from './live.ts';

/** The page's heading takes the focus when the page is gone to, so that a reader hears where it is. */
export function Heading({ title, aside, focus = true }: { title: string; aside?: ComponentChildren; focus?: boolean }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Postern`;
    if (focus && arrivals++ > 0) heading.current?.focus();
  }, [title, focus]);
  return (
    <div class="heading">
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      <div class="aside">{aside}</div>
    </div>
  );
}
/** The first page of all leaves the focus where the browser puts it. */
let arrivals = 0;

export function Section({
  title,
  aside,
  children,
  class: name = '',
}: {
  title: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
  class?: string;
}) {
  const id = useId();
  return (
    <section class={`panel ${name}`} aria-labelledby={id}>
      <div class="panel-head">
        <h2 id={id}>{title}</h2>
        <div class="aside">{aside}</div>
      </div>
      {children}
    </section>
  );
}

export type Tone = 'bad' | 'warn' | 'good' | 'info' | 'quiet';

/** Says it in words; the colour repeats them. */
export function Badge({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return <span class={`badge ${tone}`}>{children}</span>;
}

/** Local, with the UTC instant in its title. */
export function When({
  at,
  relative = false,
  day = false,
}: {
  at: string | number;
  relative?: boolean;
  /** The day alone, of what is not of today. */
  day?: boolean;
}) {
  const now = useNow(relative ? 5_000 : 60_000);
  const text = relative ? ago(at, now) : isToday(at, now) ? localClock(at) : day ? localDay(at) : localInstant(at);
  return (
    <time dateTime={new Date(at).toISOString()} title={`${localInstant(at)} · ${utcText(at)}`}>
      {text}
    </time>
  );
}

/** Counts down. */
export function Until({ at, done }: { at: string; done: string }) {
  const now = useNow();
  const left = Date.parse(at) - now;
  return (
    <time dateTime={at} title={`${localInstant(at)} · ${utcText(at)}`}>
      {left > 0 ? span(left) : done}
    </time>
  );
}

export function Problem({ error, children }: { error: unknown; children?: ComponentChildren }) {
  if (error === undefined) return null;
  return (
    <div class="problem" role="alert">
      {messageOf(error)} {children}
    </div>
  );
}

/** What to do next where there is nothing. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

/** What is shown of a resource until it is there, and beside it once it is old. */
export function Loaded<T>({ live, children }: { live: Live<T>; children: (data: T) => ComponentChildren }) {
  if (live.data === undefined)
    return live.error === undefined ? (
      <p class="empty" aria-busy="true">
        Loading …
      </p>
    ) : (
      <Problem error={live.error}>
        <button type="button" class="plain" onClick={live.refresh}>
          Try again
        </button>
      </Problem>
    );
  return (
    <>
      {live.error !== undefined && (
        <p class="stale" role="status">
          {live.error} These figures are of {localClock(live.at!)}.
        </p>
      )}
      {children(live.data)}
    </>
  );
}

type ButtonProps = {
  onClick(): void;
  children: ComponentChildren;
  /** Why it cannot be pressed. It stays in the tab order, so that the reason can be read. */
  reason?: string | undefined;
  busy?: boolean;
  kind?: 'primary' | 'danger' | 'plain' | '';
  /** Of what, where the text alone does not say. */
  label?: string;
};

export function Button({ onClick, children, reason, busy = false, kind = '', label }: ButtonProps) {
  const id = useId();
  const isOff = reason !== undefined || busy;
  return (
    <>
      <button
        type="button"
        class={kind}
        aria-label={label}
        aria-disabled={isOff}
        aria-describedby={reason === undefined ? undefined : id}
        title={reason}
        onClick={() => {
          if (!isOff) onClick();
        }}
      >
        {children}
      </button>
      {reason !== undefined && (
        <span id={id} class="unseen">
          {reason}
        </span>
      )}
    </>
  );
}

/** A label, its control and what is wrong with it. The control gets the ids from here. */
export function Field({
  label,
  hint,
  error,
  children,
  class: name = '',
}: {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  children: (control: { id: string; 'aria-describedby': string; 'aria-invalid': boolean }) => JSX.Element;
  class?: string;
}) {
  const id = useId();
  return (
    <div class={`field ${name}`}>
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': `${id}-hint`, 'aria-invalid': error !== undefined })}
      <span id={`${id}-hint`} class={error === undefined ? 'hint' : 'hint wrong'}>
        {error ?? hint ?? ''}
      </span>
    </div>
  );
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

export function Select({
  label,
  value,
  choices,
  onChange,
}: {
  label: string;
  value: string;
  choices: readonly Choice[];
  onChange(value: string): void;
}) {
  const id = useId();
  return (
    <span class="inline">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    </span>
  );
}

export function Copy({ text, label }: { text: string; label: string }) {
  const [said, setSaid] = useState('');
  const button = useRef<HTMLButtonElement>(null);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid('Copied');
    } catch {
      // Without a secure context there is no clipboard: the text is marked, for the keyboard to copy.
      const code = button.current?.closest('.line')?.querySelector('code');
      if (code) getSelection()?.selectAllChildren(code);
      setSaid('Press Ctrl+C');
    }
    setTimeout(() => setSaid(''), 3_000);
  };
  return (
    <span class="copy">
      <button ref={button} type="button" aria-label={label} onClick={copy}>
        Copy
      </button>
      <span role="status">{said}</span>
    </span>
  );
}

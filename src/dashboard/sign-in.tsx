/** The page before all others: a field for the admin token. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { Field } from './parts.tsx';

export function SignIn({
  reason,
  waiting,
  busy,
  onToken,
}: {
  reason: string | undefined;
  /** A token is tried again and again, for nobody said that it is wrong. */
  waiting: boolean;
  busy: boolean;
  onToken(token: string): void;
}) {
  const [token, setToken] = useState('');
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = 'Sign in · Postern';
    field.current?.focus();
  }, []);
  return (
    <main class="sign-in">
      <form
        class="panel"
        onSubmit={(event) => {
          event.preventDefault();
          if (token.trim() !== '' && !busy) onToken(token.trim());
        }}
      >
        <h1>Postern</h1>
        {reason !== undefined && (
          <div class="problem" role="alert">
            {reason} {waiting && 'Trying again every few seconds.'}
          </div>
        )}
        <Field label="Admin token" hint="postern serve prints a link that signs in by itself.">
          {(control) => (
            <input
              {...control}
              ref={field}
              type="password"
              name="token"
              autocomplete="current-password"
              spellcheck={false}
              required
              value={token}
              onInput={(event) => setToken(event.currentTarget.value)}
            />
          )}
        </Field>
        <button type="submit" class="primary" aria-disabled={busy}>
          {busy && !waiting ? 'Signing in …' : 'Sign in'}
        </button>
        <p class="hint">The token stays in this tab, and is gone when you close it.</p>
      </form>
    </main>
  );
}

/** The dashboard of a gateway server's admin listener: signs in, and shows the page that the address names. */
import { render } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { WhoamiResource } from '../resources/operation.ts';
import { ApiProblem, createApi, messageOf } from './api.ts';
import { readOnlyReason, type Session, SessionContext, storedToken, takeTokenFromAddress } from './session.ts';
import { Shell } from './shell.tsx';
import { SignIn } from './sign-in.tsx';
import { applyTheme } from './theme.tsx';

const RETRY_MS = 3_000;

/** A tab's token, and whose it is once the server has said so. */
interface SignedIn {
  readonly token: string;
  readonly who: WhoamiResource;
}

function Dashboard({ given }: { given: string | undefined }) {
  const [signedIn, setSignedIn] = useState<SignedIn | undefined>(undefined);
  const [reason, setReason] = useState<string | undefined>(undefined);
  const [asking, setAsking] = useState(given !== undefined);
  const [waiting, setWaiting] = useState<string | undefined>(undefined);

  const signOut = (why?: string): void => {
    storedToken.clear();
    setSignedIn(undefined);
    setWaiting(undefined);
    setReason(why);
  };
  const rejected = (message: string): void => signOut(`You were signed out: ${message}`);

  const signIn = async (token: string): Promise<void> => {
    setAsking(true);
    try {
      const who = await createApi(token, () => {}).get<WhoamiResource>('v1/whoami');
      storedToken.set(token);
      setReason(undefined);
      setWaiting(undefined);
      setSignedIn({ token, who });
    } catch (error) {
      const isRefused = error instanceof ApiProblem && error.status >= 400 && error.status < 500;
      if (isRefused) signOut(error.message);
      else {
        // The token may be right: it is kept, and tried again.
        storedToken.set(token);
        setReason(messageOf(error));
        setWaiting(token);
      }
    }
    setAsking(false);
  };

  // Runs again by these alone: an attempt that failed is followed by another.
  useEffect(() => {
    if (waiting === undefined || asking) return;
    const timer = setTimeout(() => signIn(waiting), RETRY_MS);
    return () => clearTimeout(timer);
  }, [waiting, asking]);

  // Runs again by these alone: once, with the token that the page was opened with
  useEffect(() => {
    if (given !== undefined) signIn(given);
    // A link with a token signs in also where the dashboard is open already.
    const onHash = (): void => {
      const token = takeTokenFromAddress();
      if (token !== undefined) signIn(token);
    };
    addEventListener('hashchange', onHash);
    return () => removeEventListener('hashchange', onHash);
  }, []);

  // Runs again by these alone: another token is another session, and nothing else is
  const session = useMemo((): Session | undefined => {
    if (!signedIn) return undefined;
    const { token, who } = signedIn;
    return { api: createApi(token, rejected), who, readOnly: readOnlyReason(who), signOut: () => signOut() };
  }, [signedIn]);

  if (!session) return <SignIn reason={reason} waiting={waiting !== undefined} busy={asking} onToken={signIn} />;
  return (
    <SessionContext.Provider value={session}>
      <Shell />
    </SessionContext.Provider>
  );
}

applyTheme();
const given = takeTokenFromAddress() ?? storedToken.get() ?? undefined;
render(<Dashboard given={given} />, document.getElementById('app')!);

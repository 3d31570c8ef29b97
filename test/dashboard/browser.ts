/** Chromium for tests of the dashboard: the one that is installed, in which nothing but the fake admin API can be reached. */
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const PATHS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
];

/** `POSTERN_CHROMIUM` names another one. */
export const CHROMIUM = [process.env.POSTERN_CHROMIUM ?? '', ...PATHS].find((path) => path !== '' && existsSync(path));

export const SKIPPED =
  CHROMIUM === undefined && process.env.CI !== 'true'
    ? 'no Chromium on this machine (apt-get install chromium, or POSTERN_CHROMIUM=/path)'
    : undefined;

export const launch = (): Promise<Browser> => {
  if (CHROMIUM === undefined) throw new Error('The dashboard is tested in Chromium, and this machine has none.');
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-dev-shm-usage'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  });
};

export interface Look {
  readonly width: number;
  readonly height: number;
  readonly theme?: 'light' | 'dark';
}

export interface Tab {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the console complained of, and requests that left the origin. Empty when all is well. */
  readonly complaints: string[];
}

export async function openTab(
  browser: Browser,
  origin: string,
  { width, height, theme = 'light' }: Look,
): Promise<Tab> {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(origin) && !/^(?:data|blob):/.test(request.url()))
      complaints.push(`left the origin: ${request.url()}`);
  });
  return { page, context, complaints };
}

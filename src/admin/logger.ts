/** What the admin API writes its log to. */

/** Names, counts and codes alone. */
export interface LogEntry {
  readonly event: string;
  readonly [field: string]: unknown;
}

export interface Logger {
  info(entry: LogEntry): void;
  warn(entry: LogEntry): void;
  error(entry: LogEntry): void;
}

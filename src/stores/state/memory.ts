/** What a server keeps, for as long as the process lives. */
import { EMPTY_HEAD, type StateHead, type StateStore } from '../../core/state.ts';
import { documentOf, recordOf, type TextWrite, textWrites } from './stored.ts';

/** Several servers of one process may share it. */
export function memoryState(): StateStore {
  let head: StateHead = EMPTY_HEAD;
  const rows: string[] = [];
  const documents = new Map<string, TextWrite & { text: string }>();
  return {
    head: async () => head,
    load: async () => ({
      head,
      documents: [...documents.values()].map(({ kind, id, text }) => documentOf(kind, id, text)),
    }),
    async commit(record, writes) {
      if (head.seq !== record.seq - 1 || head.hash !== record.prev) return false;
      // Both may throw, so they come before anything is changed.
      const [row, changed] = [JSON.stringify(record), textWrites(writes)];
      rows.push(row);
      for (const { kind, id, text } of changed) {
        if (text === null) documents.delete(`${kind} ${id}`);
        else documents.set(`${kind} ${id}`, { kind, id, text });
      }
      head = { seq: record.seq, hash: record.hash };
      return true;
    },
    audit: async (from, limit) => {
      const start = Math.max(0, from - 1);
      return rows.slice(start, start + limit).map((text, place) => recordOf(start + place + 1, text));
    },
  };
}

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Retries } from '../../src/core/retry.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('says what was not taken again, later and later, and gives up at last', async () => {
  const say = vi.fn(() => Promise.reject(new Error('down')));
  const retries = new Retries();
  retries.add(say);
  await vi.advanceTimersByTimeAsync(99);
  expect(say).toHaveBeenCalledTimes(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(say).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(500);
  expect(say).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(say).toHaveBeenCalledTimes(7);
  expect(retries.size).toBe(0);
});

it('stops when it was taken', async () => {
  const say = vi.fn(() => Promise.resolve());
  const retries = new Retries();
  retries.add(say);
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(say).toHaveBeenCalledTimes(1);
});

it('says all at once when it is flushed', async () => {
  const retries = new Retries();
  const say = vi.fn(() => Promise.resolve());
  retries.add(say);
  await retries.flush();
  expect(say).toHaveBeenCalledTimes(1);
  expect(retries.size).toBe(0);
});

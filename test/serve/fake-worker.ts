/** A worker that does nothing but what it is told: it counts the configurations that it took, and worker 2 does not take `wrong`. */
import type { ToPrimary, ToWorker } from '../../src/serve/worker-messages.ts';

const send = (message: ToPrimary): void => void process.send?.(message);
const taken: string[] = [];
let number = 0;

function answer(id: number, question: Extract<ToWorker, { type: 'ask' }>['question']): void {
  if (question.of !== 'reload') {
    const lines = taken.map((path) => `taken_total{worker="${number}",path="${path}"} 1`);
    send({ type: 'answer', id, value: ['# TYPE taken_total counter', ...new Set(lines), ''].join('\n') });
  } else if (number === 2 && question.loaded.path === 'wrong') {
    send({ type: 'fault', id, fault: { code: 'invalid_option', message: 'It is wrong here.', param: 'policies' } });
  } else {
    taken.push(question.loaded.path!);
    send({ type: 'answer', id, value: true });
  }
}

process.on('message', (message: ToWorker) => {
  if (message.type === 'start') {
    number = message.worker;
    taken.push(message.loaded.path!);
    send({ type: 'up', url: 'http://127.0.0.1:1' });
    send({ type: 'events', entries: [], dropped: 3 });
  } else if (message.type === 'ask') answer(message.id, message.question);
  else if (message.type === 'end') process.disconnect();
});
send({ type: 'hello' });

/** The function's memory size: cost against time, modelled from measured CPU time. */
import { type BenchCase, show } from '../case.ts';
import { measureMonth } from '../lab/month.ts';
import { billOf, MB_PER_VCPU } from '../lab/prices.ts';
import { measureCpuFigures } from './cpu.ts';

const SIZES_MB = [128, 256, 512, 1_024, MB_PER_VCPU];
const MILLION = 1_000_000;

/** What HubSpot gives at the default share of its limit: 90 pages of 1,000 in 10 s. */
const HUBSPOT_EVENTS_PER_SECOND = 9_000;

export const functionSize: BenchCase = {
  name: 'function-size',
  about: 'the memory size of the function: cost against time at 128 … 1,769 MB',
  isTimed: true,
  async run(size) {
    const cpu = await measureCpuFigures(size);
    const events = (size === 'full' ? 10 : 3) * MILLION;
    const sizes = [];
    for (const memoryMb of SIZES_MB) {
      const idle = await measureMonth(0, size, { memoryMb });
      sizes.push({ memoryMb, idle, busy: await measureMonth(events, size, { memoryMb }) });
    }
    const eventsPerSecond = (memoryMb: number) =>
      Math.min(HUBSPOT_EVENTS_PER_SECOND, (Math.min(1, memoryMb / MB_PER_VCPU) * 1_000) / cpu.msPerEvent);
    return {
      rows: [
        {
          what: 'CPU: event / known event / idle tick',
          poller: `${show(cpu.msPerEvent * 1_000)} µs / ${show(cpu.msPerKnownEvent * 1_000)} µs / ${show(cpu.msPerTick)} ms`,
          target: '',
          verdict: 'shown',
        },
      ],
      tables: [
        {
          name: 'function-size',
          title: 'The size of the function',
          head: [
            'MB',
            'vCPU',
            's per idle tick',
            'catching up, events/s',
            '$ a month idle',
            '$ a month 10 M',
          ],
          rows: sizes.map(({ memoryMb, idle, busy }) => [
            show(memoryMb),
            show(memoryMb / MB_PER_VCPU, 2),
            show(idle.runSeconds / idle.runs, 2),
            show(eventsPerSecond(memoryMb)),
            show(billOf(idle, memoryMb).lambda, 2),
            show(billOf(busy, memoryMb).lambda, 2),
          ]),
        },
      ],
      notes: [
        `function-size: Lambda's part of the price alone. Waiting costs by the MB, CPU time costs the same at every size: it is as much slower as the size is cheaper. Catching up is bounded by the CPU, or by HubSpot's ${show(HUBSPOT_EVENTS_PER_SECOND)} events a second at the default of 90 requests in 10 s. 128 MB cannot hold the run: see the memory case.`,
      ],
      counts: {
        usPerEvent: cpu.msPerEvent * 1_000,
        usPerKnownEvent: cpu.msPerKnownEvent * 1_000,
        msPerTick: cpu.msPerTick,
        idleRuns: sizes[0]?.idle.runs ?? Number.NaN,
        mbForHubSpotsLimit: Math.ceil(MB_PER_VCPU * HUBSPOT_EVENTS_PER_SECOND * (cpu.msPerEvent / 1_000)),
      },
    };
  },
};

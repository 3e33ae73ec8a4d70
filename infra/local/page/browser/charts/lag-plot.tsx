import { useMemo } from 'preact/hooks';
import type uPlot from 'uplot';
import type { Run } from '../../messages.ts';
import { formatSeconds } from '../model/format.ts';
import { type Snapshot, shownFrom } from '../model/model.ts';
import { type Colours, fade } from './colours.ts';
import { tableOf } from './lag-data.ts';
import { drawLimit, Plot, timeAxis, valueAxis } from './plot.tsx';

interface LagPlotProps {
  readonly snapshot: Snapshot;
  readonly selected: string | undefined;
}

/** With more lines than that thinner ones are drawn: they are far quicker. */
const MANY_LINES = 30;
const SPLITS = [1, 10, 60, 600, 3_600, 36_000, 86_400, 864_000];
const SPLIT_TEXTS: ReadonlyMap<number, string> = new Map([
  [1, '1 s'],
  [10, '10 s'],
  [60, '1 min'],
  [600, '10 min'],
  [3_600, '1 h'],
  [36_000, '10 h'],
  [86_400, '1 day'],
  [864_000, '10 days'],
]);

/** A line for each stream, the alarm's threshold across them, and the runs as marks at the bottom. */
export function LagPlot({ snapshot, selected }: LagPlotProps) {
  const { state, hello, runs } = snapshot;
  const table = useMemo(() => tableOf(snapshot), [snapshot.lag, state]);
  const now = state?.now ?? 0;
  const threshold = hello?.lagAlarmSeconds ?? 0;
  const failing = new Set(
    state?.streams.filter((each) => each.state === 'failing').map((each) => `${each.portal} ${each.stream}`),
  );
  const worst = Math.max(0, ...(state?.streams ?? []).map(({ watermark }) => (now - watermark) / 1_000));
  const most = table.rows.reduce(
    (top, row) => row.reduce<number>((a, b) => Math.max(a, b ?? 0), top),
    threshold,
  );
  // What is drawn besides the lines is read when the chart is drawn.
  const marks = useMemo(() => ({ runs, threshold }), []);
  marks.runs = runs;
  marks.threshold = threshold;

  return (
    <Plot
      label={`Lag of ${table.keys.length} streams over fifteen minutes, the largest now ${formatSeconds(worst)}; the alarm rings over ${formatSeconds(threshold)}.`}
      height={210}
      data={[[...table.at], ...table.rows.map((row) => [...row])]}
      from={shownFrom(snapshot) / 1_000}
      to={now / 1_000}
      shape={`${table.keys.join()} ${selected ?? ''} ${[...failing].join()} ${Math.ceil(Math.log10(most + 1))}`}
      optionsOf={(colours) => ({
        scales: { x: { time: false }, y: { distr: 3, range: () => [1, Math.max(most, threshold) * 2] } },
        axes: [
          timeAxis(colours),
          valueAxis(colours, {
            splits: () => SPLITS,
            filter: (_plot, splits) => splits,
            values: (_plot, splits) => splits.map((seconds) => SPLIT_TEXTS.get(seconds) ?? ''),
          }),
        ],
        series: [
          {},
          ...table.keys.map((key) => ({
            spanGaps: true,
            points: { show: false },
            width: key === selected ? 3 : table.keys.length > MANY_LINES ? 1 : 1.5,
            stroke: failing.has(key) ? colours.bad : fade(colours.accent, key === selected ? 1 : 0.55),
          })),
        ],
        hooks: { draw: [(plot) => drawMarks(plot, marks, colours)] },
      })}
    />
  );
}

function drawMarks(
  plot: uPlot,
  { runs, threshold }: { readonly runs: readonly Run[]; readonly threshold: number },
  colours: Colours,
): void {
  const { ctx } = plot;
  const { left, top, width, height } = plot.bbox;
  const scale = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  drawLimit(plot, threshold, colours, 'the alarm rings');
  for (const run of runs)
    drawRun(ctx, run, plot.valToPos(run.endedAt / 1_000, 'x', true), top + height, scale, colours);
  ctx.restore();
}

/** Each outcome has a form of its own: colour alone would not do. */
function drawRun(
  ctx: CanvasRenderingContext2D,
  { outcome }: Run,
  x: number,
  bottom: number,
  scale: number,
  { good, bad, warn, muted }: Colours,
): void {
  const size = 3.5 * scale;
  const y = bottom - 7 * scale;
  ctx.lineWidth = 2 * scale;
  ctx.beginPath();
  switch (outcome) {
    case 'polled':
      ctx.fillStyle = good;
      ctx.fillRect(x - scale, bottom - 10 * scale, 2 * scale, 9 * scale);
      return;
    case 'partly':
      ctx.fillStyle = warn;
      ctx.moveTo(x - size, y + size);
      ctx.lineTo(x, y - size);
      ctx.lineTo(x + size, y + size);
      ctx.fill();
      return;
    case 'failed':
      ctx.fillStyle = bad;
      ctx.fillRect(x - size, y - size, 2 * size, 2 * size);
      return;
    case 'skipped':
      ctx.strokeStyle = muted;
      ctx.arc(x, y, size, 0, 2 * Math.PI);
      break;
    case 'killed':
      ctx.strokeStyle = bad;
      ctx.moveTo(x - size, y - size);
      ctx.lineTo(x + size, y + size);
      ctx.moveTo(x + size, y - size);
      ctx.lineTo(x - size, y + size);
      break;
    default:
      outcome satisfies never;
  }
  ctx.stroke();
}

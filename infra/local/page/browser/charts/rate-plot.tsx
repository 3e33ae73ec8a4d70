import type uPlot from 'uplot';
import { fade } from './colours.ts';
import { drawLimit, Plot, timeAxis, valueAxis } from './plot.tsx';

interface RatePlotProps {
  readonly label: string;
  /** The span of time that is shown, UNIX ms. */
  readonly from: number;
  readonly now: number;
  /** UNIX seconds, and a figure for each. */
  readonly at: readonly number[];
  readonly values: readonly number[];
  /** A line across. */
  readonly limit?: number;
}

/** A figure over the last fifteen minutes as an area. */
export function RatePlot({ label, from, now, at, values, limit }: RatePlotProps) {
  const top = values.reduce((most, value) => Math.max(most, value), limit ?? 10) * 1.1;
  return (
    <Plot
      label={label}
      height={120}
      data={[[...at], [...values]]}
      from={from / 1_000}
      to={now / 1_000}
      shape={`rate ${limit} ${Math.ceil(Math.log2(top))}`}
      optionsOf={(colours) => ({
        scales: {
          x: { time: false },
          y: { range: (_plot: uPlot, _min: number, max: number) => [0, Math.max(limit ?? 10, max) * 1.1] },
        },
        axes: [timeAxis(colours), valueAxis(colours, { size: 44, space: 28 })],
        series: [
          {},
          { stroke: colours.accent, width: 1.5, fill: fade(colours.accent, 0.14), points: { show: false } },
        ],
        hooks: { draw: [(plot) => limit !== undefined && drawLimit(plot, limit, colours)] },
      })}
    />
  );
}

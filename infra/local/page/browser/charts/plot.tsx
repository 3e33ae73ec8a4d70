import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { type Colours, DARK, readColours } from './colours.ts';

export interface PlotProps {
  /** What the chart says, for whoever cannot see it. */
  readonly label: string;
  readonly height: number;
  readonly data: uPlot.AlignedData;
  /** The span of time that is shown, UNIX seconds. */
  readonly from: number;
  readonly to: number;
  /** Another value makes another chart: other series, or another look of one. */
  readonly shape: string;
  readonly optionsOf: (colours: Colours) => Omit<uPlot.Options, 'width' | 'height'>;
}

/** A chart that follows its data, its width and the colour scheme. */
export function Plot({ label, height, data, from, to, shape, optionsOf }: PlotProps) {
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const isDark = useIsDark();
  const make = `${shape} ${isDark}`;

  useEffect(() => {
    const parent = element.current;
    if (parent === null) return;
    const made = new uPlot(
      { ...COMMON, ...optionsOf(readColours()), width: parent.clientWidth, height },
      data,
      parent,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: parent.clientWidth, height }));
    observer.observe(parent);
    return () => {
      observer.disconnect();
      made.destroy();
    };
    // Made again for another shape or scheme only; the data follow below.
  }, [make, height]);

  useEffect(() => {
    plot.current?.batch(() => {
      plot.current?.setData(data, false);
      plot.current?.setScale('x', { min: from, max: to });
    });
  }, [data, from, to, make]);

  return <div class="plot" ref={element} role="img" aria-label={label} style={{ height: `${height}px` }} />;
}

const COMMON: Pick<uPlot.Options, 'legend' | 'cursor' | 'padding'> = {
  legend: { show: false },
  cursor: { show: false },
  padding: [8, 8, 0, 0],
};

function useIsDark(): boolean {
  const [isDark, setDark] = useState(DARK.matches);
  useEffect(() => {
    const update = () => setDark(DARK.matches);
    DARK.addEventListener('change', update);
    return () => DARK.removeEventListener('change', update);
  }, []);
  return isDark;
}

/** A dashed line across the whole chart, with what it means above it. */
export function drawLimit(plot: uPlot, value: number, { bad }: Colours, label = ''): void {
  const { ctx } = plot;
  const { left, width } = plot.bbox;
  const scale = devicePixelRatio;
  const y = plot.valToPos(value, 'y', true);
  ctx.save();
  ctx.strokeStyle = bad;
  ctx.lineWidth = scale;
  ctx.setLineDash([6 * scale, 4 * scale]);
  ctx.beginPath();
  ctx.moveTo(left, y);
  ctx.lineTo(left + width, y);
  ctx.stroke();
  ctx.fillStyle = bad;
  ctx.font = `${11 * scale}px ui-sans-serif, system-ui, sans-serif`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'bottom';
  ctx.fillText(label, left + 6 * scale, y - 3 * scale);
  ctx.restore();
}

const FONT = '11px ui-sans-serif, system-ui, sans-serif';

/** Time of day along the bottom, a line every minute, every two or every five. */
export function timeAxis({ muted, line }: Colours): uPlot.Axis {
  return {
    font: FONT,
    stroke: muted,
    grid: { stroke: line, width: 1 },
    ticks: { show: false },
    size: 24,
    splits: (_plot, _axis, min, max) => {
      const step = max - min > 720 ? 300 : max - min > 360 ? 120 : 60;
      const first = Math.ceil(min / step) * step;
      return Array.from({ length: Math.floor((max - first) / step) + 1 }, (_, index) => first + index * step);
    },
    values: (_plot, splits) => splits.map((at) => new Date(at * 1_000).toISOString().slice(11, 16)),
  };
}

export function valueAxis({ muted, line }: Colours, changes: uPlot.Axis = {}): uPlot.Axis {
  return {
    font: FONT,
    stroke: muted,
    grid: { stroke: line, width: 1 },
    ticks: { show: false },
    size: 52,
    ...changes,
  };
}

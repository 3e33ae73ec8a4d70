/** The poller at work in a terminal: a picture that is written over in place. */
import { createLogUpdate } from 'log-update';
import { drawScreen } from './draw.ts';
import { createScreen, noteEvent, noteProgress, noteRun, portalIn } from './screen.ts';
import type { View } from './view.ts';

const REDRAW_MS = 500;
const FALLBACK_SIZE = { columns: 80, rows: 24 };

/** The view on a terminal. */
export function createLiveView(terminal: NodeJS.WriteStream): View {
  const update = createLogUpdate(terminal);
  const screen = createScreen();
  const redraw = () => {
    const { columns = FALLBACK_SIZE.columns, rows = FALLBACK_SIZE.rows } = terminal;
    update(drawScreen(screen, new Date(), { columns, rows }));
  };
  let isClosed = false;
  redraw();
  const timer = setInterval(redraw, REDRAW_MS);
  terminal.on('resize', redraw);
  return {
    begin: (about) => {
      screen.about = about;
      for (const portal of about.portals) portalIn(screen, portal);
      redraw();
    },
    beginRun: (portal, startedAt) => {
      portalIn(screen, portal).running = { startedAt, requests: undefined, events: 0 };
    },
    showProgress: (progress) => noteProgress(screen, progress),
    showEvent: (event) => noteEvent(screen, event),
    showRun: (run, streams) => {
      noteRun(screen, run, streams);
      redraw();
    },
    showEnding: (sentence) => {
      screen.ending = sentence;
      redraw();
    },
    close: () => {
      if (isClosed) return;
      isClosed = true;
      clearInterval(timer);
      terminal.off('resize', redraw);
      redraw();
      update.done();
    },
  };
}

/** The page: it shows what the server tells, and asks for what its reader wants broken. */
// Before anything that makes a schema.
import './model/policy.ts';
import './style/page.css';
import { render } from 'preact';
import { App } from './app.tsx';
import { openConnection } from './model/connection.ts';
import { createModel } from './model/model.ts';

const root = document.getElementById('page');
if (root !== null) {
  const model = createModel();
  const connection = openConnection(model);
  render(<App model={model} connection={connection} />, root);
}

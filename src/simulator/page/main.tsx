/** The page's beginning: style, and the stage drawn into its element. */
import { render } from 'preact';
import { App } from './app.js';
import './page.css';

const root = document.getElementById('stage');
if (root !== null) render(<App />, root);

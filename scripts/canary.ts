/** Calls servers from outside again and again, and exports how it went: `npm run canary -- --url https://edge.example.com`. */
import './canary/run.ts';

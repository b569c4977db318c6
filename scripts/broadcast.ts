/** Plays a file into a room: `npm run broadcast -- --room x file.mp4`. docs/ingest.md explains it. */
import './broadcast/run.ts';

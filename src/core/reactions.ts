/** What a peer can show instead of speaking. Few, so that every client has a picture and a name for each. */
export const reactions = ['thumbs_up', 'clap', 'heart', 'laugh', 'surprise', 'celebrate'] as const;
export type Reaction = (typeof reactions)[number];

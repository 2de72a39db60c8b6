/** A codec is not at hand; the message says what to install. */
export class MissingCodecError extends Error {}

/** A character that needs no escape has none: a channel has one spelling, so that what is granted, revoked or counted by it is one thing. */
const shape = /^(?:[A-Za-z0-9._~-]|%(?!2[DE]|3\d|[46][1-9A-F]|5[0-9AF]|7[0-9AE])[0-9A-F]{2})+$/

/** Whether the text is a segment of a channel, spelt as channels are. */
export const isChannelSegment = (text: string): boolean => shape.test(text)

// Why: the package offers VP8 and Opus when the browser has MediaSource, and then needs blob: media and inline style
// attributes, which our CSP forbids. The bundler swaps the identifier inside the package for this, so it offers
// neither and servers send MJPEG, which is drawn on the canvas.
export const NoMediaSource = { isTypeSupported: (): boolean => false }

export { streamPair } from '../../../src/apiserver/http/stream-pair.js'

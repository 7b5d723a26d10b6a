import { typeNumbers, writeQuestion } from './dns-ask.js'

const web = 'web.shop.svc.cluster.local'
const { A, TXT } = typeNumbers
const cookie = Buffer.from('000a00080102030405060708', 'hex')
const unknownOption = Buffer.from('00640002abcd', 'hex')

function changed(message: Buffer, change: (message: Buffer) => void): Buffer {
  change(message)
  return message
}

/** What ISC's compliance tester asks, and more of what clients never should. */
export const dnsMessages: readonly { readonly title: string; readonly message: Buffer }[] = Object.entries({
  plain: writeQuestion(web, A),
  'not recursive': writeQuestion(web, A, { flags: 0 }),
  'letters of both cases': writeQuestion('wEb.ShOp.SVC.cluster.LOCAL', A),
  'flag aa': writeQuestion(web, A, { flags: 0x0500 }),
  'flag ad': writeQuestion(web, A, { flags: 0x0120 }),
  'flag cd': writeQuestion(web, A, { flags: 0x0110 }),
  'flag ra': writeQuestion(web, A, { flags: 0x0180 }),
  'flag z': writeQuestion(web, A, { flags: 0x0140 }),
  'flag tc': writeQuestion(web, A, { flags: 0x0300 }),
  'an answer': writeQuestion(web, A, { flags: 0x8000 }),
  'an unknown type': writeQuestion(web, 666),
  'an unknown type at no name': writeQuestion(`no${web}`, 666),
  'type 0': writeQuestion(web, 0),
  AXFR: writeQuestion('cluster.local', 252),
  IXFR: writeQuestion('cluster.local', 251),
  'class CHAOS': writeQuestion('version.bind', TXT, { class: 3 }),
  'class HESIOD': writeQuestion(web, A, { class: 4 }),
  'class ANY': writeQuestion(web, A, { class: 255 }),
  'no question': writeQuestion(web, A, { times: 0 }),
  'two questions': writeQuestion(web, A, { times: 2 }),
  'opcode STATUS': writeQuestion(web, A, { opcode: 2 }),
  'opcode NOTIFY': writeQuestion('cluster.local', 6, { opcode: 4 }),
  'opcode UPDATE': writeQuestion('cluster.local', 6, { opcode: 5 }),
  'opcode 15': writeQuestion(web, A, { opcode: 15 }),
  'opcode 15 with all flags': writeQuestion(web, A, { opcode: 15, flags: 0x07f0 }),
  EDNS: writeQuestion(web, A, { edns: {} }),
  'EDNS version 1': writeQuestion(web, A, { edns: { version: 1 } }),
  'EDNS version 100': writeQuestion(web, A, { edns: { version: 100, options: unknownOption } }),
  'EDNS flag DO': writeQuestion(web, A, { edns: { flags: 0x8000 } }),
  'EDNS unknown flags': writeQuestion(web, A, { edns: { flags: 0x0080 } }),
  'EDNS unknown option': writeQuestion(web, A, { edns: { options: unknownOption } }),
  'EDNS cookie': writeQuestion(web, A, { edns: { options: cookie } }),
  'EDNS broken option': writeQuestion(web, A, { edns: { options: Buffer.from('00640009ab', 'hex') } }),
  'EDNS of 512 octets': writeQuestion(web, A, { edns: { size: 512 } }),
  'EDNS of no octets': writeQuestion(web, A, { edns: { size: 0 } }),
  'cut short': writeQuestion(web, A).subarray(0, 30),
  'a header alone': writeQuestion(web, A).subarray(0, 12),
  'more after its end': Buffer.concat([writeQuestion(web, A), Buffer.from('more')]),
  'a record that is not there': changed(writeQuestion(web, A), (message) => message.writeUInt16BE(1, 10)),
  'a name that points to itself': Buffer.concat([writeQuestion('', A).subarray(0, 12), Buffer.from([0xc0, 12, 0, 1, 0, 1])]),
  'a label of a kind that is not there': Buffer.concat([
    writeQuestion('', A).subarray(0, 12),
    Buffer.from([0x41, 1, 0, 0, 1, 0, 1]),
  ]),
}).map(([title, message]) => ({ title, message }))

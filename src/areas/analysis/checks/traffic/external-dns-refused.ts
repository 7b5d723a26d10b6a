import { defineCheck } from '../../contract.js'
import type { ContainerView } from '../../model/fleet-model.js'

const choices: Readonly<Record<string, readonly string[]>> = {
  policy: ['sync', 'upsert-only', 'create-only'],
  registry: ['txt', 'noop', 'dynamodb', 'aws-sd', 'crd'],
}
/** Providers that were taken out of the program itself (v0.22); each lives on as a webhook of its own, or not at all. */
const gone = new Set(['akamai', 'plural', 'transip'])

export const externalDnsRefused = defineCheck({
  id: 'external-dns-refused',
  topic: 'traffic',
  severity: 'error',
  title: 'ExternalDNS does not start with these flags',
  why: 'ExternalDNS judges its flags when it starts, and ends with the first that does not fit. Records stay as they were on the day of the roll-out, and nobody notices until an address changes.',
  evidence: [
    'external-dns: pkg/apis/externaldns/types.go',
    'external-dns: registry/txt, NewTXTRegistry',
    'kubernetes-sigs/external-dns#6485',
  ],
  fix: 'Write what the message wants.',
  *run(model) {
    for (const values of model.values('external-dns'))
      if (values.text('txtPrefix') !== undefined && values.text('txtSuffix') !== undefined)
        yield {
          message: 'the values have both txtPrefix and txtSuffix, which exclude each other',
          at: [values.at('txtSuffix'), values.at('txtPrefix')],
        }
    for (const container of model.containersOf('external-dns')) {
      const { subject } = container.object
      for (const [flag, allowed] of Object.entries(choices)) {
        const given = container.argument(flag)
        if (given === undefined || isLater(given.value) || allowed.includes(given.value)) continue
        yield {
          message: `${subject}: --${flag} is ${given.value || 'empty'}: expected one of ${allowed.join(', ')}`,
          at: [given.view.at()],
        }
      }
      const [prefix, suffix] = ['txt-prefix', 'txt-suffix'].map((flag) => container.argument(flag))
      if (prefix !== undefined && suffix !== undefined && prefix.value !== '' && suffix.value !== '')
        yield {
          message: `${subject} has both --txt-prefix and --txt-suffix, which exclude each other`,
          at: [suffix.view.at(), prefix.view.at()],
        }
      const key = container.argument('txt-encrypt-aes-key')
      if (
        container.argument('txt-encrypt-enabled') !== undefined &&
        key !== undefined &&
        !isLater(key.value) &&
        !hasKeyLength(key.value)
      )
        yield { message: `${subject}: the key of --txt-encrypt-aes-key is not 32 bytes, plain or in base64`, at: [key.view.at()] }
      const provider = container.argument('provider')
      if (provider !== undefined && gone.has(provider.value) && minorOf(container) >= 22)
        yield { message: `${subject}: ${container.image} has no provider ${provider.value} any more`, at: [provider.view.at()] }
    }
  },
})

/** Filled in when it is applied. */
function isLater(value: string): boolean {
  return /[${}<>]/.test(value)
}

function hasKeyLength(key: string): boolean {
  if (key.length === 32) return true
  const plain = key.replace(/=+$/, '')
  return /^[A-Za-z0-9+/_-]+$/.test(plain) && Math.floor((plain.length * 6) / 8) === 32
}

function minorOf({ image }: ContainerView): number {
  const version = /:v?0\.(\d+)/.exec(image)
  return version === null ? 0 : Number(version[1])
}

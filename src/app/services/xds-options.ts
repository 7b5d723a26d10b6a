import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { UsageError } from '../../base/errors.js'

/** The flags by which a fleet's discovery service is turned on. */
export interface XdsFlags {
  /** `PORT` or `ADDRESS:PORT`, with mutual TLS. */
  xds?: string
  /** The same in clear text, loopback only. */
  xdsClear?: string
  /** Where the status page is: mutual TLS as `xds`, but for loopback. */
  xdsStatus?: string
}

export interface XdsPlace {
  readonly address: string
  readonly port: number
}

export interface XdsPlaces {
  readonly secure?: XdsPlace
  readonly clear?: XdsPlace
  readonly status?: XdsPlace
}

/** Reads the flags; undefined without any. Clear text stays on this machine, whatever is asked. */
export function readXdsPlaces({ xds, xdsClear, xdsStatus }: XdsFlags): XdsPlaces | undefined {
  const status = xdsStatus === undefined ? undefined : readPlace('--xds-status', xdsStatus)
  if (xds === undefined && xdsClear === undefined) {
    if (status === undefined) return undefined
    throw new UsageError({
      code: 'xds-status-alone',
      message: '--xds-status shows the clients of a discovery service, and none is asked for',
      fix: 'Give --xds or --xds-clear, too.',
    })
  }
  if (status !== undefined && xds === undefined && !isLoopback(status)) {
    throw new UsageError({
      code: 'clear-text-beyond-loopback',
      message: `--xds-status ${xdsStatus}: without --xds there are no certificates, and clear text is served on loopback addresses only`,
      fix: 'Use a loopback address, or give --xds with certificates.',
    })
  }
  const clear = xdsClear === undefined ? undefined : readPlace('--xds-clear', xdsClear)
  if (clear !== undefined && !isLoopback(clear)) {
    throw new UsageError({
      code: 'clear-text-beyond-loopback',
      message: `--xds-clear ${xdsClear}: clear text is served on loopback addresses only`,
      fix: 'Use --xds with certificates for other machines.',
    })
  }
  return {
    ...(xds === undefined ? {} : { secure: readPlace('--xds', xds) }),
    ...(clear === undefined ? {} : { clear }),
    ...(status === undefined ? {} : { status }),
  }
}

export function isLoopback({ address }: XdsPlace): boolean {
  return address.startsWith('127.') || address === '::1'
}

/** `PORT` (on loopback) or `ADDRESS:PORT`, both as numbers. */
export function readPlace(option: string, text: string): XdsPlace {
  const [, address = '127.0.0.1', port = ''] = /^(?:([\d.]+|\[[\da-f:]+\]):)?(\d{1,5})$/i.exec(text) ?? []
  const plain = address.replace(/^\[|\]$/g, '')
  if (isIP(plain) === 0 || port === '' || Number(port) > 65_535) {
    throw new UsageError({
      code: 'bad-address',
      message: `${option} ${text} is no address`,
      fix: `Use ${option} PORT, or ${option} ADDRESS:PORT.`,
    })
  }
  return { address: plain, port: Number(port) }
}

/** PEM files, read whole. */
export function readTlsFiles(files: { ca: string; cert: string; key: string }): { ca: string; cert: string; key: string } {
  const read = (path: string) => {
    try {
      return readFileSync(path, 'utf8')
    } catch (error) {
      throw new UsageError({
        code: 'file-unreadable',
        message: `cannot read ${path}: ${(error as Error).message}`,
        fix: 'Name a PEM file that exists.',
      })
    }
  }
  return { ca: read(files.ca), cert: read(files.cert), key: read(files.key) }
}

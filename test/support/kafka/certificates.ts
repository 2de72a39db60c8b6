import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface Certificates {
  /** The authority that signed the broker's certificates, as PEM. */
  readonly authority: string
  /** Another one, which signed nothing here. */
  readonly strangerAuthority: string
  /** Files of key, certificate and authority for a broker on 127.0.0.1. */
  readonly brokerFile: string
  /** The same with a certificate that ended yesterday. */
  readonly expiredBrokerFile: string
}

/** Makes certificates for tests by `openssl`. */
export async function makeCertificates(directory: string): Promise<Certificates> {
  const folder = path.join(directory, 'certificates')
  await mkdir(folder, { recursive: true })
  const [authority, stranger] = [new Authority(folder, 'ca'), new Authority(folder, 'stranger')]
  await Promise.all([authority.create(), stranger.create()])
  const aDayMs = 86_400_000
  const now = Date.now()
  return {
    authority: await authority.certificate(),
    strangerAuthority: await stranger.certificate(),
    brokerFile: await authority.sign('broker', now - aDayMs, now + 365 * aDayMs),
    expiredBrokerFile: await authority.sign('expired', now - 9 * aDayMs, now - aDayMs),
  }
}

class Authority {
  readonly #folder: string
  readonly #name: string

  constructor(folder: string, name: string) {
    this.#folder = folder
    this.#name = name
  }

  async create(): Promise<void> {
    const request = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '3650']
    const subject = ['-subj', `/CN=test-${this.#name}`]
    await this.#openssl(
      'req',
      ...request,
      ...subject,
      '-keyout',
      `${this.#name}.key`,
      '-out',
      `${this.#name}.pem`,
    )
  }

  certificate(): Promise<string> {
    return readFile(path.join(this.#folder, `${this.#name}.pem`), 'utf8')
  }

  /** By `openssl ca`: the other commands of OpenSSL 3.0 cannot sign what has ended. */
  async sign(name: string, fromMs: number, toMs: number): Promise<string> {
    const key = ['-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=127.0.0.1']
    await this.#openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`)
    await writeFile(path.join(this.#folder, `${name}.index`), '')
    await writeFile(path.join(this.#folder, `${name}.cnf`), this.#settings(name))
    const dates = ['-startdate', opensslDate(fromMs), '-enddate', opensslDate(toMs)]
    const files = ['-in', `${name}.csr`, '-out', `${name}.crt`, '-notext']
    await this.#openssl(
      'ca',
      '-batch',
      '-config',
      `${name}.cnf`,
      '-rand_serial',
      ...dates,
      ...files,
    )
    const file = path.join(this.#folder, `${name}.pem`)
    const parts = [`${name}.key`, `${name}.crt`, `${this.#name}.pem`]
    const texts = parts.map((part) => readFile(path.join(this.#folder, part), 'utf8'))
    await writeFile(file, (await Promise.all(texts)).join(''))
    return file
  }

  #settings(name: string): string {
    return [
      '[ca]',
      'default_ca = here',
      '[here]',
      `database = ${name}.index`,
      'new_certs_dir = .',
      `certificate = ${this.#name}.pem`,
      `private_key = ${this.#name}.key`,
      'rand_serial = yes',
      'default_md = sha256',
      'policy = any',
      'x509_extensions = broker',
      '[any]',
      'commonName = supplied',
      '[broker]',
      'subjectAltName = IP:127.0.0.1,DNS:localhost',
      '',
    ].join('\n')
  }

  async #openssl(...args: string[]): Promise<void> {
    await run('openssl', args, { cwd: this.#folder })
  }
}

/** `YYYYMMDDHHMMSSZ` */
function opensslDate(ms: number): string {
  return `${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free-port.ts'

const START_TRIES = 100

/** Debian's nginx in front of a bridge on a path of its own, as docs/watches.md tells to set it up. */
export class Nginx implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #folder: string
  /** Ends with a slash. */
  readonly url: string

  private constructor(child: ChildProcess, folder: string, url: string) {
    this.#child = child
    this.#folder = folder
    this.url = url
  }

  /** `path` begins and ends with a slash. Rejects when nginx does not come up. */
  static async start(bridge: number, path: string): Promise<Nginx> {
    const folder = await mkdtemp(join(tmpdir(), 'lightbench-nginx-'))
    const port = await freePort()
    await writeFile(join(folder, 'nginx.conf'), configOf(folder, port, bridge, path))
    const child = spawn('/usr/sbin/nginx', ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr?.on('data', (part: Buffer) => (said += part.toString()))
    const nginx = new Nginx(child, folder, `http://127.0.0.1:${port}${path}`)
    for (let tries = 0; tries < START_TRIES && child.exitCode === null; tries++) {
      if (
        await fetch(`${nginx.url}health`).then(
          ({ ok }) => ok,
          () => false,
        )
      )
        return nginx
      await sleep(50)
    }
    await nginx[Symbol.asyncDispose]()
    throw new Error(`nginx does not serve the bridge: ${said}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = once(this.#child, 'exit')
      this.#child.kill('SIGTERM')
      await gone
    }
    await rm(this.#folder, { recursive: true, force: true })
  }
}

function configOf(folder: string, port: number, bridge: number, path: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (what) => `${what}_temp_path ${folder}/${what};`,
  )
  return `daemon off;
master_process off;
pid ${folder}/nginx.pid;
events { worker_connections 256; }
http {
  access_log off;
  ${temporary.join('\n  ')}
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  server {
    listen 127.0.0.1:${port};
    location ${path} {
      proxy_pass http://127.0.0.1:${bridge}/;
      proxy_redirect / ${path};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_buffering off;
      proxy_read_timeout 1h;
      client_max_body_size 300m;
    }
  }
}
`
}

// Answers that are unusual and right, or usual and wrong, from Node's own http and http2.
//
//     node odd_server.js HTTP_PORT H2C_PORT TLS_PORT CERT KEY UNIX_PATH
//
// It prints "ready" when it listens.
const fs = require('fs');
const http = require('http');
const http2 = require('http2');
const zlib = require('zlib');

const [httpPort, h2cPort, tlsPort, cert, key, unixPath] = process.argv.slice(2);

const item = JSON.stringify({ items: [{ id: 7, name: 'seven' }], pad: 'x'.repeat(500) });

// The same for both versions; true when it has answered.
function plain(request, response) {
  const path = request.url.split('?')[0];
  const handlers = {
    '/ok': () => response.end('ok'),
    '/json': () => { response.setHeader('content-type', 'application/json'); response.end(item); },
    '/204': () => { response.statusCode = 204; response.end(); },
    '/304': () => { response.statusCode = 304; response.end(); },
    '/404': () => { response.statusCode = 404; response.end('not here'); },
    '/503': () => { response.statusCode = 503; response.end('not now'); },
    '/302': () => { response.statusCode = 302; response.setHeader('location', '../ok'); response.end(); },
    '/303': () => { response.statusCode = 303; response.setHeader('location', '/echo-method'); response.end(); },
    '/307': () => { response.statusCode = 307; response.setHeader('location', '/echo-body'); response.end(); },
    '/loop': () => { response.statusCode = 302; response.setHeader('location', '/loop'); response.end(); },
    '/elsewhere': () => { response.statusCode = 302; response.setHeader('location', 'http://192.0.2.1/'); response.end(); },
    '/echo-method': () => response.end(request.method),
    '/trace': () => response.end(String(request.headers.traceparent)),
    '/auth': () => { response.statusCode = request.headers.authorization === 'Basic dTpw' ? 200 : 401; response.end(); },
    '/cookie': () => { response.setHeader('set-cookie', ['a=1; Path=/', 'b=2; Path=/; Secure']); response.end('set'); },
    '/echo-cookie': () => response.end(String(request.headers.cookie)),
    '/gzip': () => { response.setHeader('content-encoding', 'gzip'); response.end(zlib.gzipSync(item)); },
    '/gzip-broken': () => { response.setHeader('content-encoding', 'gzip'); response.end(zlib.gzipSync(item).subarray(0, 60)); },
    '/large': () => response.end('L'.repeat(1000000)),
    '/big-headers': () => {
      for (let i = 0; i < 40; ++i) response.setHeader('x-large-' + i, 'v'.repeat(300));
      response.end('ok');
    },
    '/slow': () => {
      let left = 4;
      const timer = setInterval(() => { response.write('part'); if (--left === 0) { clearInterval(timer); response.end(); } }, 40);
    },
    '/never': () => {},
    '/echo-body': () => { let body = ''; request.on('data', (d) => body += d); request.on('end', () => response.end(request.method + ' ' + body)); },
  };
  if (!handlers[path]) return false;
  handlers[path]();
  return true;
}

const one = http.createServer({ keepAlive: true, keepAliveTimeout: 60000, maxHeaderSize: 65536 }, (request, response) => {
  if (plain(request, response)) return;
  const socket = request.socket;
  const handlers = {
    '/chunked': () => { response.write('one'); setTimeout(() => { response.write('two'); response.end('three'); }, 5); },
    '/trailers': () => { response.writeHead(200, { 'transfer-encoding': 'chunked', trailer: 'x-sum' }); response.write('body'); response.addTrailers({ 'x-sum': '4' }); response.end(); },
    '/continue': () => { socket.write('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'); response.end('ok'); },
    '/close': () => { response.setHeader('connection', 'close'); response.end('ok'); },
    '/until-close': () => socket.end('HTTP/1.0 200 OK\r\n\r\nall there is'),
    '/half-closed': () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
    '/cut': () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this'),
    '/reset': () => socket.resetAndDestroy(),
    '/end': () => socket.end(),
    '/garbage': () => socket.end('HELLO WORLD\r\n\r\n'),
    '/bad-chunk': () => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n'),
    '/bad-length': () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n'),
    '/too-large-head': () => socket.end('HTTP/1.1 200 OK\r\nx: ' + 'y'.repeat(100000) + '\r\n\r\n'),
  };
  const handler = handlers[request.url.split('?')[0]];
  if (handler) return handler();
  response.statusCode = 404;
  response.end();
});

function two(request, response) {
  if (plain(request, response)) return;
  const stream = response.stream;
  const handlers = {
    '/trailers': () => { stream.respond({ ':status': 200 }, { waitForTrailers: true }); stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '4' })); stream.end('body'); },
    '/continue': () => { stream.additionalHeaders({ ':status': 103, link: '</a>' }); response.end('ok'); },
    '/refused': () => stream.close(http2.constants.NGHTTP2_REFUSED_STREAM),
    '/reset': () => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR),
    // Part of an answer, then the end of the stream without an error: no whole answer.
    '/half': () => { response.write('half', () => stream.close(http2.constants.NGHTTP2_NO_ERROR)); },
    '/head-too-long': () => {
      for (let i = 0; i < 90; ++i) response.setHeader('x-large-' + i, 'v'.repeat(1000));
      response.end('ok');
    },
    '/goaway': () => { response.end('ok'); stream.session.close(); },
    '/destroy': () => plainSockets.forEach((socket) => socket.destroy()),
  };
  const handler = handlers[request.url.split('?')[0]];
  if (handler) return handler();
  response.statusCode = 404;
  response.end();
}

const quiet = (server) => { server.on('sessionError', () => {}); server.on('clientError', (e, s) => s.destroy && s.destroy()); server.on('error', () => {}); };
const plainSockets = new Set();
const h2c = http2.createServer({ settings: { maxConcurrentStreams: 20 }, maxSessionMemory: 1000, maxSendHeaderBlockLength: 1000000 }, two);
h2c.on('connection', (socket) => { plainSockets.add(socket); socket.on('close', () => plainSockets.delete(socket)); });
const tls = http2.createSecureServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key), allowHTTP1: true, maxSessionMemory: 1000, maxSendHeaderBlockLength: 1000000 }, two);
const local = http.createServer((request, response) => { if (!plain(request, response)) response.end(); });
[one, h2c, tls, local].forEach(quiet);
one.listen(+httpPort, '127.0.0.1', () => h2c.listen(+h2cPort, '127.0.0.1', () => tls.listen(+tlsPort, '127.0.0.1', () => local.listen(unixPath, () => console.log('ready')))));
process.on('uncaughtException', () => {});

'use strict';
// The built-in page: everything it shows comes from the REST API, and text of DICOM files only ever becomes text nodes.

const main = document.getElementById('main');
const page = 50;
let visit = 0;

function tell(text) { document.getElementById('status').textContent = text; }

async function ask(path, options) {
  const answer = await fetch('..' + path, options);
  if (!answer.ok) {
    let why = `${answer.status} ${answer.statusText}`;
    try { const body = await answer.json(); why = body.Details || body.Message || why; } catch { /* no description */ }
    throw new Error(why);
  }
  return answer.json();
}

// An element: attributes, event handlers as functions, children as nodes or text.
function el(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (typeof value === 'function') made.addEventListener(key, value);
    else if (value === true) made.setAttribute(key, '');
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined));
  return made;
}

function show(title, ...content) {
  document.title = `${title} · ${document.getElementById('name').textContent}`;
  main.replaceChildren(...content.flat(Infinity).filter(Boolean));
}

const person = name => (name || '').split('=')[0].split('^').filter(Boolean).join(' ') || '(no name)';
const day = date => /^\d{8}$/.test(date || '') ? `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}` : date || '';
const many = (count, one, more) => `${count} ${count === 1 ? one : more}`;
const size = bytes => bytes < 1024 ? `${bytes} B` : bytes < 1048576 ? `${(bytes / 1024).toFixed(1)} KB` : bytes < 1073741824 ? `${(bytes / 1048576).toFixed(1)} MB` : `${(bytes / 1073741824).toFixed(2)} GB`;

function table(caption, heads, rows) {
  return el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption }, el('table', {},
    el('thead', {}, el('tr', {}, heads.map(head => el('th', { scope: 'col', class: head.number ? 'number' : null }, head.text || head)))),
    el('tbody', {}, rows)));
}

function picture(path, text) {
  const frame = el('div', { class: 'picture' });
  const image = el('img', { src: '..' + path, alt: text, loading: 'lazy', error: () => frame.replaceChildren('No preview') });
  frame.append(image);
  return frame;
}

function list(pairs) {
  return el('dl', {}, pairs.filter(([, value]) => value !== undefined && value !== null && value !== '').map(([key, value]) => [el('dt', {}, key), el('dd', {}, value)]));
}

const fields = [['PatientName', 'Patient'], ['PatientID', 'Patient ID'], ['StudyDate', 'Date (YYYYMMDD)'], ['StudyDescription', 'Description'], ['AccessionNumber', 'Accession number']];

async function studies(args) {
  const query = {};
  for (const [tag] of fields) {
    const text = args.get(tag);
    if (text) query[tag] = tag === 'StudyDate' || /[*?]/.test(text) ? text : `*${text}*`;
  }
  const since = Math.max(0, Number(args.get('since')) || 0);
  const found = await ask('/tools/find', { method: 'POST', body: JSON.stringify({ Level: 'Study', Query: query, Expand: true, Since: since, Limit: page + 1, RequestedTags: ['ModalitiesInStudy', 'NumberOfStudyRelatedInstances'], OrderBy: [{ Type: 'Metadata', Key: 'LastUpdate', Direction: 'DESC' }] }) });
  const form = el('form', { class: 'bar', role: 'search', submit: event => {
    event.preventDefault();
    const asked = new URLSearchParams([...new FormData(form)].filter(([, value]) => value.trim()).map(([key, value]) => [key, value.trim()]));
    location.hash = '#/studies?' + asked;
  } }, fields.map(([tag, text]) => el('label', {}, text, el('input', { type: 'search', name: tag, value: args.get(tag) || '', autocomplete: 'off' }))), el('button', { class: 'main' }, 'Search'));
  const rows = found.slice(0, page).map(study => {
    const tags = study.MainDicomTags, patient = study.PatientMainDicomTags || {}, more = study.RequestedTags || {};
    return el('tr', {},
      el('td', {}, el('a', { href: '#/study/' + study.ID }, person(patient.PatientName)), el('div', { class: 'soft' }, patient.PatientID || '')),
      el('td', { class: 'date' }, day(tags.StudyDate)),
      el('td', {}, tags.StudyDescription || ''),
      el('td', {}, (more.ModalitiesInStudy || '').replaceAll('\\', ', ')),
      el('td', {}, tags.AccessionNumber || ''),
      el('td', { class: 'number' }, String(study.Series.length)),
      el('td', { class: 'number' }, more.NumberOfStudyRelatedInstances || ''),
      el('td', {}, (study.Labels || []).map(label => el('span', { class: 'mark soft' }, label))));
  });
  const turn = (text, to, off) => el('button', { type: 'button', disabled: off, click: () => { args.set('since', to); location.hash = '#/studies?' + args; } }, text);
  show('Studies', el('h1', {}, 'Studies'), form,
    rows.length ? table('Studies', ['Patient', 'Date', 'Description', 'Modality', 'Accession', { text: 'Series', number: true }, { text: 'Instances', number: true }, 'Labels'], rows)
      : el('p', { class: 'notice' }, Object.keys(query).length || since ? 'No study matches.' : 'Nothing is stored yet. ', Object.keys(query).length || since ? null : el('a', { href: '#/upload' }, 'Upload files'), Object.keys(query).length || since ? null : ' or send them by DICOM.'),
    el('div', { class: 'bar pages' }, turn('Newer', Math.max(0, since - page), since === 0), turn('Older', since + page, found.length <= page), el('span', { class: 'soft' }, rows.length ? `${since + 1} to ${since + rows.length}, most recently changed first` : '')));
}

async function study(id) {
  const [one, series, patient] = await Promise.all([ask('/studies/' + id), ask(`/studies/${id}/series`), ask(`/studies/${id}/statistics`)]);
  const tags = one.MainDicomTags, who = one.PatientMainDicomTags || {};
  series.sort((a, b) => (Number(a.MainDicomTags.SeriesNumber) || 0) - (Number(b.MainDicomTags.SeriesNumber) || 0));
  show(person(who.PatientName),
    el('div', { class: 'crumbs' }, el('a', { href: '#/studies' }, 'Studies')),
    el('h1', {}, person(who.PatientName), ' ', el('span', { class: 'soft' }, tags.StudyDescription || '')),
    list([['Patient ID', who.PatientID], ['Birth date', day(who.PatientBirthDate)], ['Sex', who.PatientSex], ['Study date', day(tags.StudyDate)], ['Accession number', tags.AccessionNumber], ['Institution', tags.InstitutionName], ['Referring physician', tags.ReferringPhysicianName && person(tags.ReferringPhysicianName)], ['Study instance UID', tags.StudyInstanceUID], ['Stored', `${many(patient.CountInstances, 'instance', 'instances')}, ${size(Number(patient.DiskSize))} on disk`], ['State', one.IsStable ? 'Stable' : 'Receiving']]),
    el('h2', {}, many(series.length, 'series', 'series')),
    el('ul', { class: 'grid' }, series.map(each => {
      const known = each.MainDicomTags, text = known.SeriesDescription || known.ProtocolName || 'Series';
      return el('li', {}, el('a', { class: 'card', href: '#/series/' + each.ID },
        each.Instances.length ? picture(`/instances/${each.Instances[each.Instances.length >> 1]}/preview`, `Preview of ${text}`) : el('div', { class: 'picture' }, 'Empty'),
        el('div', { class: 'text' }, el('strong', {}, text), el('span', { class: 'soft' }, [known.Modality, known.SeriesNumber && `no. ${known.SeriesNumber}`, many(each.Instances.length, 'instance', 'instances')].filter(Boolean).join(' · ')))));
    })));
}

async function series(id, args) {
  const one = await ask('/series/' + id);
  const parent = await ask('/studies/' + one.ParentStudy);
  const order = one.Instances;
  const since = Math.min(Math.max(0, Number(args.get('since')) || 0), Math.max(0, order.length - 1));
  const tags = one.MainDicomTags, text = tags.SeriesDescription || tags.ProtocolName || 'Series';
  const turn = (name, to, off) => el('button', { type: 'button', disabled: off, click: () => { location.hash = `#/series/${id}?since=${to}`; } }, name);
  show(text,
    el('div', { class: 'crumbs' }, el('a', { href: '#/studies' }, 'Studies'), ' / ', el('a', { href: '#/study/' + one.ParentStudy }, person((parent.PatientMainDicomTags || {}).PatientName))),
    el('h1', {}, text, ' ', el('span', { class: 'soft' }, tags.Modality || '')),
    list([['Number', tags.SeriesNumber], ['Date', day(tags.SeriesDate)], ['Manufacturer', tags.Manufacturer], ['Station', tags.StationName], ['Body part', tags.BodyPartExamined], ['Series instance UID', tags.SeriesInstanceUID], ['Status', one.Status], ['State', one.IsStable ? 'Stable' : 'Receiving']]),
    el('h2', {}, many(order.length, 'instance', 'instances')),
    el('ul', { class: 'grid' }, order.slice(since, since + page).map((instance, i) => el('li', {}, el('a', { class: 'card', href: '#/instance/' + instance }, picture(`/instances/${instance}/preview`, `Instance ${since + i + 1}`), el('div', { class: 'text' }, `Instance ${since + i + 1}`))))),
    order.length > page ? el('div', { class: 'bar pages' }, turn('Previous', Math.max(0, since - page), since === 0), turn('Next', since + page, since + page >= order.length)) : null);
}

function value(node) {
  if (node.Type === 'Sequence') return el('details', {}, el('summary', {}, many(node.Value.length, 'item', 'items')), node.Value.map(item => tagTable(item)));
  return node.Value === null ? el('span', { class: 'soft' }, node.Type === 'TooLong' ? '(long)' : '(binary)') : node.Value;
}

function tagTable(tags) {
  return table('DICOM tags', ['Tag', 'Name', 'Value'], Object.entries(tags).map(([tag, node]) => el('tr', {}, el('td', {}, tag), el('td', {}, node.Name), el('td', {}, value(node)))));
}

async function instance(id) {
  const [one, tags, frames] = await Promise.all([ask('/instances/' + id), ask(`/instances/${id}/tags`), ask(`/instances/${id}/frames`).catch(() => [])]);
  const view = el('div', { class: 'viewer' });
  const choose = frame => view.replaceChildren(picture(`/instances/${id}/frames/${frame}/preview`, `Frame ${frame + 1}`));
  choose(0);
  show('Instance',
    el('div', { class: 'crumbs' }, el('a', { href: '#/series/' + one.ParentSeries }, 'Series')),
    el('h1', {}, 'Instance ', one.MainDicomTags.InstanceNumber || ''),
    view,
    frames.length > 1 ? el('label', {}, `Frame (of ${frames.length})`, el('input', { type: 'range', min: 1, max: frames.length, value: 1, input: event => choose(event.target.value - 1) })) : null,
    el('p', { class: 'bar' }, el('a', { class: 'button', href: `../instances/${id}/file`, download: `${id}.dcm` }, `Download DICOM (${size(one.FileSize || 0)})`)),
    el('h2', {}, 'Tags'), tagTable(tags));
}

function upload() {
  const bar = el('progress', { max: 1, value: 0, 'aria-label': 'Upload' }), result = el('div', {});
  const input = el('input', { type: 'file', multiple: true, hidden: true, change: () => send([...input.files]) });
  const drop = el('div', { class: 'drop',
    dragover: event => { event.preventDefault(); drop.classList.add('over'); },
    dragleave: () => drop.classList.remove('over'),
    drop: event => { event.preventDefault(); drop.classList.remove('over'); send([...event.dataTransfer.files]); } },
    el('strong', {}, 'Drop DICOM files or ZIP archives here'), el('span', { class: 'soft' }, 'or'), el('button', { type: 'button', class: 'main', click: () => input.click() }, 'Choose files'), input);
  async function send(files) {
    if (!files.length) return;
    const counts = { Success: 0, AlreadyStored: 0 }, failed = [], touched = new Set();
    let next = 0, done = 0;
    bar.max = files.length; bar.value = 0; result.replaceChildren(bar);
    async function worker() {
      while (next < files.length) {
        const file = files[next++];
        try {
          const answer = await ask('/instances', { method: 'POST', body: file });
          for (const each of Array.isArray(answer) ? answer : [answer]) { counts[each.Status] = (counts[each.Status] || 0) + 1; if (each.ParentStudy) touched.add(each.ParentStudy); }
        } catch (error) { failed.push(`${file.name}: ${error.message}`); }
        bar.value = ++done;
      }
    }
    await Promise.all([worker(), worker(), worker()]);
    const text = Object.entries(counts).filter(([, count]) => count).map(([what, count]) => `${count} ${what === 'Success' ? 'stored' : what === 'AlreadyStored' ? 'already there' : what}`).join(', ') || 'nothing stored';
    tell(text);
    result.replaceChildren(bar, el('p', { class: 'notice' }, text, failed.length ? `, ${many(failed.length, 'file', 'files')} refused. ` : '. ', [...touched].slice(0, 20).map(id => [el('a', { href: '#/study/' + id }, 'Open study'), ' '])),
      failed.length ? el('ul', { class: 'bad' }, failed.slice(0, 100).map(each => el('li', {}, each))) : null);
  }
  show('Upload', el('h1', {}, 'Upload'), drop, result);
}

async function forwarding(own) {
  const all = await ask('/edge/forwarding');
  if (own !== visit) return;
  const act = (name, what, body) => el('button', { type: 'button', click: async () => {
    try { await ask(`/edge/forwarding/${encodeURIComponent(name)}/${what}`, { method: 'POST', body: body || '{}' }); tell(`${name}: ${what} done`); await forwarding(own); } catch (error) { tell(`${name}: ${error.message}`); }
  } }, what[0].toUpperCase() + what.slice(1));
  show('Forwarding', el('h1', {}, 'Forwarding'),
    all.length ? table('Destinations', ['Destination', 'State', { text: 'Waiting', number: true }, { text: 'Sending', number: true }, { text: 'Delivered', number: true }, { text: 'Parked', number: true }, 'Last failure', 'Actions'], all.map(each => {
      const paused = each.PausedBy !== '';
      return el('tr', {}, el('td', {}, each.Name), el('td', {}, el('span', { class: 'mark ' + (paused ? 'warn' : each.Parked ? 'bad' : 'good') }, paused ? 'Paused' : each.Activity), paused ? el('div', { class: 'soft' }, 'by ' + each.PausedBy) : null),
        [each.Pending, each.Sending, each.Delivered, each.Parked].map(count => el('td', { class: 'number' }, String(count))), el('td', {}, each.LastError, each.LastErrorAt ? el('div', { class: 'soft' }, each.LastErrorAt) : null),
        el('td', {}, act(each.Name, paused ? 'resume' : 'pause'), ' ', each.Parked ? act(each.Name, 'retry') : null));
    })) : el('p', { class: 'notice' }, 'No destination is configured. Forwarding rules are set in the configuration file.'));
  setTimeout(() => { if (own === visit && !document.hidden) forwarding(own).catch(() => {}); }, 5000);
}

async function system() {
  const [one, count] = await Promise.all([ask('/system'), ask('/statistics')]);
  show('System', el('h1', {}, 'System'),
    list([['Name', one.Name], ['Version', `edge-dicom ${one.EdgeVersion}, REST API of Orthanc ${one.Version}`], ['DICOM', `${one.DicomAet}, port ${one.DicomPort}`], ['Patients', String(count.CountPatients)], ['Studies', String(count.CountStudies)], ['Series', String(count.CountSeries)], ['Instances', String(count.CountInstances)], ['On disk', size(Number(count.TotalDiskSize))], ['Uncompressed', size(Number(count.TotalUncompressedSize))]]),
    el('p', { class: 'bar pages' }, el('a', { class: 'button', href: '../openapi.json' }, 'OpenAPI document'), el('a', { class: 'button', href: '../tools/metrics-prometheus' }, 'Metrics')));
}

async function route() {
  const own = ++visit;
  const [path, query] = (location.hash.slice(1) || '/studies').split('?');
  const [, what, id] = path.split('/'), args = new URLSearchParams(query || '');
  for (const link of document.querySelectorAll('nav a')) {
    const here = link.hash === '#/' + what || (link.hash === '#/studies' && ['study', 'series', 'instance'].includes(what));
    if (here) link.setAttribute('aria-current', 'page'); else link.removeAttribute('aria-current');
  }
  tell('');
  try {
    const key = id && encodeURIComponent(id);
    await (what === 'study' ? study(key) : what === 'series' ? series(key, args) : what === 'instance' ? instance(key) : what === 'upload' ? upload() : what === 'forwarding' ? forwarding(own) : what === 'system' ? system() : studies(args));
  } catch (error) {
    show('Not available', el('h1', {}, 'Not available'), el('p', { class: 'notice bad', role: 'alert' }, error.message));
  }
  if (own > 1) main.focus({ preventScroll: false });
}

addEventListener('hashchange', route);
fetch('../system').then(answer => answer.json()).then(one => { if (one.Name) document.getElementById('name').textContent = one.Name; }).catch(() => {}).finally(route);

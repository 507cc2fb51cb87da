/*
 * The C side of Lua: see Edge.Engine/Scripting/LuaContext.cs.
 *
 * Lua reports errors with longjmp, which must never cross a managed frame. So managed code never touches a lua_State:
 * it hands over scripts and gets results as bytes, and a managed callback takes its arguments and gives its results as
 * bytes too and returns a status; the error is raised here, after the managed frame has returned. Limits (memory,
 * instructions, time) are enforced here as well, in a way that a script cannot catch with pcall.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <lua5.4/lauxlib.h>
#include <lua5.4/lua.h>
#include <lua5.4/lualib.h>

#define MAX_DEPTH 64          /* nesting of tables on the wire */
#define TICK 1000             /* instructions between two looks at the limits */
#define BIG_ALLOCATION 65536  /* an allocation that is worth a look at the clock */
#define MAX_REFUSALS 200      /* refused allocations after which the script is ended */
#define LARGE_HEAP (4u << 20) /* a run that needed more gives its memory back to the system at its end */

typedef int (*edgelua_call)(void *host, int id, const unsigned char *arguments, size_t length);
typedef int (*edgelua_print)(void *host, const unsigned char *text, size_t length);

typedef struct {
  unsigned char *bytes;
  size_t length, capacity;
} buffer;

typedef struct edgelua {
  lua_State *L;
  void *host;
  edgelua_call call;
  edgelua_print print;
  size_t used, limit, peak;
  unsigned refusals;
  uint64_t steps, step_limit, deadline; /* deadline: nanoseconds of the monotonic clock */
  const char *ended;                    /* why the script may not go on, or NULL */
  int running;
  buffer out, reply, trace;
} edgelua;

static edgelua *self(lua_State *L) { return *(edgelua **)lua_getextraspace(L); }

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- limits ---- */

static void hook(lua_State *L, lua_Debug *ar);

/* From now on every instruction raises the error again, so that pcall cannot hold it. */
static void end(edgelua *e, lua_State *L, const char *why) {
  if (!e->ended) e->ended = why;
  lua_sethook(e->L, hook, LUA_MASKCOUNT, 1);
  if (L && L != e->L) lua_sethook(L, hook, LUA_MASKCOUNT, 1);
}

static void look(edgelua *e, lua_State *L) {
  if (e->ended) end(e, L, e->ended);
  else if (e->steps > e->step_limit) end(e, L, "the script was ended: it exceeds its limit of instructions");
  else if (now() > e->deadline) end(e, L, "the script was ended: it exceeds its limit of time");
}

static void hook(lua_State *L, lua_Debug *ar) {
  edgelua *e = self(L);
  (void)ar;
  e->steps += e->ended ? 1 : TICK;
  look(e, L);
  if (e->ended) luaL_error(L, "%s", e->ended);
}

/* Work done inside a C function, where no hook runs: charged as if it were instructions. */
static void charge(lua_State *L, uint64_t steps) {
  edgelua *e = self(L);
  e->steps += steps;
  look(e, L);
  if (e->ended) luaL_error(L, "%s", e->ended);
}

static void *allocate(void *context, void *block, size_t old, size_t size) {
  edgelua *e = context;
  void *result;
  if (!block) old = 0; /* Lua passes the kind of object here */
  if (size == 0) {
    free(block);
    e->used -= old;
    return NULL;
  }
  if (size > old) {
    size_t more = size - old;
    if (e->running && size >= BIG_ALLOCATION) look(e, NULL);
    if (more > e->limit || e->used > e->limit - more) {
      if (e->running && ++e->refusals > MAX_REFUSALS) end(e, NULL, "the script was ended: it exceeds its limit of memory");
      return NULL;
    }
  }
  result = realloc(block, size);
  if (result) {
    e->used = e->used - old + size;
    if (e->used > e->peak) e->peak = e->used;
  }
  return result;
}

#include "edgelua_wire.inc"

/* ---- functions of the host ---- */

static int dispatch(lua_State *L) {
  edgelua *e = self(L);
  int count = lua_gettop(L), id = (int)lua_tointeger(L, lua_upvalueindex(1)), status, first = count + 1;
  cursor c;
  e->out.length = 0;
  for (int i = 1; i <= count; i++) encode(L, i, 0);
  e->reply.length = 0;
  status = e->call(e->host, id, e->out.bytes, e->out.length);
  charge(L, 1); /* the call may have taken long */
  if (status != 0) {
    luaL_where(L, 1);
    lua_pushlstring(L, (const char *)e->reply.bytes, e->reply.length);
    lua_concat(L, 2);
    return lua_error(L);
  }
  c.at = e->reply.bytes;
  c.end = c.at + e->reply.length;
  while (c.at < c.end) decode(L, &c, 0);
  return lua_gettop(L) - first + 1;
}

static int print(lua_State *L) {
  edgelua *e = self(L);
  int count = lua_gettop(L);
  size_t length;
  const char *text;
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  for (int i = 1; i <= count; i++) {
    if (i > 1) luaL_addstring(&b, ", ");
    luaL_tolstring(L, i, NULL);
    luaL_addvalue(&b);
  }
  luaL_addchar(&b, '\n');
  luaL_pushresult(&b);
  text = lua_tolstring(L, -1, &length);
  if (e->print(e->host, (const unsigned char *)text, length) != 0) return luaL_error(L, "the script prints too much");
  return 0;
}

#include "edgelua_guards.inc"

/* ---- running ---- */

/* Makes a text of whatever was raised, and keeps where it came from. */
static int on_error(lua_State *L) {
  edgelua *e = self(L);
  size_t length;
  const char *trace;
  if (!lua_isstring(L, 1)) {
    if (!luaL_callmeta(L, 1, "__tostring") || !lua_isstring(L, -1)) lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, 1));
    lua_replace(L, 1);
  }
  lua_settop(L, 1);
  luaL_traceback(L, L, NULL, 1);
  trace = lua_tolstring(L, -1, &length);
  e->trace.length = 0;
  append(e, &e->trace, trace, length);
  lua_settop(L, 1);
  return 1;
}

typedef struct {
  const char *name, *code;
  size_t length;
  const unsigned char *arguments;
  size_t arguments_length;
  int id, sandbox;
} order;

static int do_run(lua_State *L) {
  order *o = lua_touserdata(L, 1);
  if (luaL_loadbufferx(L, o->code, o->length, o->name, "t") != LUA_OK) return lua_error(L);
  lua_call(L, 0, 0);
  return 0;
}

static void push_global(lua_State *L, const char *name) {
  lua_pushglobaltable(L);
  lua_pushstring(L, name);
  lua_rawget(L, -2);
  lua_remove(L, -2);
}

static int do_invoke(lua_State *L) {
  order *o = lua_touserdata(L, 1);
  cursor c = {o->arguments, o->arguments + o->arguments_length};
  int first;
  push_global(L, o->name);
  if (!lua_isfunction(L, -1)) return luaL_error(L, "there is no function %s", o->name);
  first = lua_gettop(L);
  while (c.at < c.end) decode(L, &c, 0);
  lua_call(L, lua_gettop(L) - first, LUA_MULTRET);
  self(L)->out.length = 0;
  for (int i = first; i <= lua_gettop(L); i++) encode(L, i, 0);
  return 0;
}

static int do_has(lua_State *L) {
  order *o = lua_touserdata(L, 1);
  push_global(L, o->name);
  o->id = lua_isfunction(L, -1);
  return 0;
}

static int do_register(lua_State *L) {
  order *o = lua_touserdata(L, 1);
  lua_pushinteger(L, o->id);
  lua_pushcclosure(L, dispatch, 1);
  lua_setglobal(L, o->name);
  return 0;
}

static int do_open(lua_State *L) {
  static const luaL_Reg safe[] = {{LUA_GNAME, luaopen_base}, {LUA_COLIBNAME, luaopen_coroutine}, {LUA_TABLIBNAME, luaopen_table}, {LUA_STRLIBNAME, luaopen_string},
                                  {LUA_MATHLIBNAME, luaopen_math}, {LUA_UTF8LIBNAME, luaopen_utf8}, {NULL, NULL}};
  static const luaL_Reg trusted[] = {{LUA_LOADLIBNAME, luaopen_package}, {LUA_IOLIBNAME, luaopen_io}, {LUA_OSLIBNAME, luaopen_os}, {LUA_DBLIBNAME, luaopen_debug}, {NULL, NULL}};
  order *o = lua_touserdata(L, 1);
  for (const luaL_Reg *r = safe; r->name; r++) {
    luaL_requiref(L, r->name, r->func, 1);
    lua_pop(L, 1);
  }
  for (const luaL_Reg *r = trusted; !o->sandbox && r->name; r++) {
    luaL_requiref(L, r->name, r->func, 1);
    lua_pop(L, 1);
  }
  install_guards(L, o->sandbox);
  lua_register(L, "print", print);
  return 0;
}

/* Runs a C function under pcall; what went wrong is left in out. 0: done, 1: error, 2: out of memory. */
static int guard(edgelua *e, lua_CFunction function, order *o) {
  lua_State *L = e->L;
  int status;
  if (e->running) return 3;
  e->running = 1;
  e->ended = NULL;
  e->refusals = 0;
  e->peak = e->used;
  e->steps = 0;
  e->trace.length = 0;
  e->out.length = 0;
  lua_sethook(L, hook, LUA_MASKCOUNT, TICK);
  lua_settop(L, 0);
  lua_pushcfunction(L, on_error);
  lua_pushcfunction(L, function);
  lua_pushlightuserdata(L, o);
  status = lua_pcall(L, 1, 0, 1);
  e->running = 0;
  e->ended = NULL;
  if (status != LUA_OK) {
    size_t length = 0;
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &length) : NULL;
    e->out.length = 0;
    if (!text || !append(e, &e->out, text, length)) e->out.length = 0;
  }
  lua_settop(L, 0);
  drop(e, &e->reply);
  if (status == LUA_ERRMEM || e->peak > LARGE_HEAP) {
    size_t before;
    do { /* each collection frees half of the call frames that a deep recursion left */
      before = e->used;
      lua_gc(L, LUA_GCCOLLECT, 0);
    } while (e->used < before - before / 8);
#ifdef __GLIBC__
    malloc_trim(0);
#endif
  }
  return status == LUA_OK ? 0 : status == LUA_ERRMEM ? 2 : 1;
}

static void set_limits(edgelua *e, uint64_t steps, uint64_t milliseconds) {
  e->step_limit = steps;
  e->deadline = now() + milliseconds * 1000000u;
}

edgelua *edgelua_open(void *host, edgelua_call call, edgelua_print print_text, size_t memory, int sandbox) {
  order o = {.sandbox = sandbox};
  edgelua *e = calloc(1, sizeof *e);
  if (!e) return NULL;
  e->host = host;
  e->call = call;
  e->print = print_text;
  e->limit = memory;
  e->L = lua_newstate(allocate, e);
  if (!e->L) {
    free(e);
    return NULL;
  }
  *(edgelua **)lua_getextraspace(e->L) = e;
  set_limits(e, UINT64_MAX / 2, 10000);
  if (guard(e, do_open, &o) != 0) {
    lua_close(e->L);
    drop(e, &e->out);
    drop(e, &e->trace);
    free(e);
    return NULL;
  }
  return e;
}

void edgelua_close(edgelua *e) {
  if (!e) return;
  lua_close(e->L);
  drop(e, &e->out);
  drop(e, &e->reply);
  drop(e, &e->trace);
  free(e);
}

int edgelua_register(edgelua *e, const char *name, int id) {
  order o = {.name = name, .id = id};
  set_limits(e, UINT64_MAX / 2, 10000);
  return guard(e, do_register, &o);
}

int edgelua_run(edgelua *e, const char *name, const char *code, size_t length, uint64_t steps, uint64_t milliseconds) {
  order o = {.name = name, .code = code, .length = length};
  if (e->running) return 3;
  set_limits(e, steps, milliseconds);
  return guard(e, do_run, &o);
}

/* Calls a global function; arguments and results are wire. */
int edgelua_invoke(edgelua *e, const char *name, const unsigned char *arguments, size_t length, uint64_t steps, uint64_t milliseconds) {
  order o = {.name = name, .arguments = arguments, .arguments_length = length};
  if (e->running) return 3;
  set_limits(e, steps, milliseconds);
  return guard(e, do_invoke, &o);
}

/* 1 where a global function of that name exists. */
int edgelua_has(edgelua *e, const char *name) {
  order o = {.name = name};
  if (e->running) return 0;
  set_limits(e, UINT64_MAX / 2, 10000);
  return guard(e, do_has, &o) == 0 && o.id;
}

/* What the last call left: results of invoke, or the message of an error. */
const unsigned char *edgelua_result(edgelua *e, size_t *length) {
  *length = e->out.length;
  return e->out.bytes;
}

const unsigned char *edgelua_traceback(edgelua *e, size_t *length) {
  *length = e->trace.length;
  return e->trace.bytes;
}

/* Called by a callback of the host: its results as wire, or its error message. 0 where memory is exhausted. */
int edgelua_reply(edgelua *e, const unsigned char *bytes, size_t length) {
  e->reply.length = 0;
  return append(e, &e->reply, bytes, length);
}

size_t edgelua_memory(edgelua *e) { return e->used; }

/* The milliseconds left to the running script. */
int64_t edgelua_time_left(edgelua *e) {
  uint64_t t = now();
  return t >= e->deadline ? 0 : (int64_t)((e->deadline - t) / 1000000u);
}

const char *edgelua_release(void) { return LUA_RELEASE; }

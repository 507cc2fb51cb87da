using System.Diagnostics;
using Edge.Core.Errors;
using Edge.Engine.Scripting;
using Xunit;

namespace Edge.Unit.Tests.Scripting;

/// <summary>What scripts see, and what they cannot do to the process.</summary>
public sealed class LuaContextTests : IDisposable
{
    private static readonly LuaLimits Tight = new() { MemoryBytes = 8 << 20, Instructions = 20_000_000, WallTime = TimeSpan.FromSeconds(2), OutputBytes = 1 << 20 };
    private readonly List<Exception> _unexpected = [];
    private readonly LuaContext _lua;

    public LuaContextTests()
    {
        _lua = new LuaContext(Tight, sandbox: true, _unexpected.Add);
    }

    public void Dispose() => _lua.Dispose();

    [Theory]
    [InlineData("print(1,'a',nil,true)", "1, a, nil, true\n")]
    [InlineData("print(1.5, 10, 1e100, 3.0)", "1.5, 10, 1e+100, 3.0\n")]
    [InlineData("print()", "\n")]
    [InlineData("print(_VERSION)", "Lua 5.4\n")]
    [InlineData("print('\u00e9')", "\u00e9\n")]
    [InlineData("", "")]
    [InlineData("return 5", "")]
    [InlineData("print(setmetatable({}, {__tostring = function() return 'me' end}))", "me\n")]
    public void PrintsAsOrthanc(string script, string output)
    {
        LuaResult result = _lua.Execute(script);
        Assert.Null(result.Details);
        Assert.Equal(output, result.Output);
    }

    [Theory]
    [InlineData("foo(", "[string \"line\"]:1: unexpected symbol near <eof>")]
    [InlineData("error('boom')", "[string \"line\"]:1: boom")]
    [InlineData("\n\nlocal t = nil; t.x = 1", "[string \"line\"]:3: attempt to index a nil value (local 't')")]
    [InlineData("error({code=2})", "(error object is a table value)")]
    [InlineData("error(nil)", "(error object is a nil value)")]
    [InlineData("error(setmetatable({}, {__tostring = function() return 'me' end}))", "me")]
    [InlineData("error(setmetatable({}, {__tostring = function() error('again') end}))", null)]
    [InlineData("\u001bLua", null)]
    public void ErrorsAreDescribed(string script, string? details)
    {
        LuaResult result = _lua.Execute(script);
        Assert.Equal(ErrorCode.CannotExecuteLua, result.Error);
        Assert.NotNull(result.Details);
        if (details is not null)
        {
            Assert.Equal(details, result.Details);
        }
    }

    [Fact]
    public void WhatWasPrintedBeforeAnErrorIsKeptAndTheTraceTellsWhere()
    {
        LuaResult result = _lua.Execute("print('before')\nlocal function inner() error('x') end\ninner()");
        Assert.Equal("before\n", result.Output);
        Assert.Contains("line\"]:2: in upvalue 'inner'", result.Traceback!.Replace("in local", "in upvalue"));
    }

    [Fact]
    public void GlobalsLiveOn()
    {
        _lua.Execute("x = 5 function f() return x end");
        Assert.Equal("5\n", _lua.Execute("print(f())").Output);
    }

    [Theory]
    [InlineData("while true do end")]
    [InlineData("while true do pcall(function() while true do end end) end")]
    [InlineData("local function f() return pcall(f) end while true do f() end")]
    [InlineData("repeat until xpcall(function() while true do end end, function() while true do end end)")]
    [InlineData("coroutine.wrap(function() while true do end end)()")]
    [InlineData("while true do coroutine.resume(coroutine.create(function() while true do end end)) end")]
    [InlineData("local co = coroutine.wrap(function() local x <close> = setmetatable({}, {__close = function() while true do end end}) while true do end end) co()")]
    [InlineData("local co = coroutine.create(function() local x <close> = setmetatable({}, {__close = function() while true do end end}) while true do end end) pcall(coroutine.resume, co) coroutine.close(co)")]
    [InlineData("local x <close> = setmetatable({}, {__close = function() while true do end end}) while true do end")]
    [InlineData("table.sort({3,2,1,5}, function() while true do end end)")]
    [InlineData("string.gsub('aaa', 'a', function() while true do end end)")]
    [InlineData("load(function() while true do end end)()")]
    [InlineData("print(string.find(string.rep('a', 5000), string.rep('a*', 20) .. 'b'))")]
    [InlineData("print(string.find(string.rep('a', 1000000), '.-.-.-.-b'))")]
    [InlineData("print(string.match(string.rep('a', 1000000), '(.-)%1b'))")]
    [InlineData("for a in string.gmatch(string.rep('a', 1000000), '.-b') do end")]
    [InlineData("string.gsub(string.rep('a', 1000000), '.-b', '')")]
    [InlineData("table.move({}, 1, math.maxinteger - 1, 2)")]
    [InlineData("while true do table.move({}, 1, 9000000, 2) end")]
    [InlineData("table.insert(setmetatable({}, {__len = function() return 1 << 50 end}), 1, 5)")]
    [InlineData("while true do collectgarbage() end")]
    [InlineData("while true do local s = string.rep('a', 1000000) end")]
    [InlineData("local t = setmetatable({}, {__index = function(t) return t.x end}) print(t.x)")]
    [InlineData("error(setmetatable({}, {__tostring = function() while true do end end}))")]
    [InlineData("setmetatable({}, {__gc = function() while true do end end}) collectgarbage()")]
    [InlineData("local s = string.rep(' ', 100) while true do load(s) end")]
    public void EndlessScriptsEnd(string script)
    {
        long start = Stopwatch.GetTimestamp();
        LuaResult result = _lua.Execute(script);
        Assert.Equal(ErrorCode.CannotExecuteLua, result.Error);
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 8);
        Assert.Equal("alive\n", _lua.Execute("print('alive')").Output);
    }

    [Fact]
    public void ADeadCoroutineOfAnEndedScriptCannotHangTheNext()
    {
        _lua.Execute("co = coroutine.create(function() local x <close> = setmetatable({}, {__close = function() while true do end end}) while true do end end) coroutine.resume(co)");
        Assert.Equal("false, the coroutine failed\n", _lua.Execute("print(coroutine.close(co))").Output);
    }

    [Theory]
    [InlineData("local t = {} while true do t[#t + 1] = string.rep('a', 1000) .. #t end")]
    [InlineData("local t = {} while true do pcall(function() while true do t[#t + 1] = string.rep('a', 1000) .. #t end end) end")]
    [InlineData("local s = 'a' while true do s = s .. s end")]
    [InlineData("string.rep('a', 1 << 40)")]
    [InlineData("local t = {} for i = 1, 1e9 do t[i] = i end")]
    [InlineData("local t = {} while true do t = {t, t, t} end")]
    [InlineData("local function f() local c = coroutine.create(f) coroutine.resume(c) end f() error('end')")]
    [InlineData("print(string.rep('a', 2000000))")]
    [InlineData("while true do print('aaaaaaaaaaaaaaaaaaaaaaaaa') end")]
    public void GreedyScriptsEnd(string script)
    {
        LuaResult result = _lua.Execute(script);
        Assert.Equal(ErrorCode.CannotExecuteLua, result.Error);
        Assert.Equal("alive\n", _lua.Execute("print('alive')").Output);
        Assert.InRange(_lua.MemoryBytes, 0, Tight.MemoryBytes);
    }

    [Theory]
    [InlineData("local function f() return 1 + f() end f()", null)]
    [InlineData("local t = {} setmetatable(t, {__index = function(t, k) return t[k .. 'x'] end}) print(t.a)", "overflow")]
    [InlineData("local function f() string.gsub('a', 'a', f) end f()", "overflow")]
    [InlineData("load(string.rep('(', 10000))() ", null)]
    [InlineData("print(string.find(string.rep('a', 100000), string.rep('a?', 100000) .. 'b'))", null)]
    [InlineData("print(string.match('x', string.rep('(', 40)))", "captures")]
    public void RecursionEnds(string script, string? part)
    {
        LuaResult result = _lua.Execute(script);
        Assert.Equal(ErrorCode.CannotExecuteLua, result.Error);
        Assert.Contains(part ?? "", result.Details);
        Assert.Equal("alive\n", _lua.Execute("print('alive')").Output);
    }

    [Fact]
    public void WithMemoryEnoughTheStackIsTheLimit()
    {
        using LuaContext lua = new(new LuaLimits { MemoryBytes = 128 << 20 }, sandbox: true);
        Assert.Contains("stack overflow", lua.Execute("local function f() return 1 + f() end f()").Details);
        Assert.Equal("alive\n", lua.Execute("print('alive')").Output);
    }

    [Theory]
    [InlineData("print(os, io, package, debug, require, dofile, loadfile, string.dump)", "nil, nil, nil, nil, nil, nil, nil, nil\n")]
    [InlineData("print(load('\\27Lua'))", "nil, attempt to load a binary chunk (mode is 't')\n")]
    [InlineData("print(pcall(setmetatable, {}, {__gc = print}))", "false, finalizers (__gc) are not available\n")]
    [InlineData("print(load('return 1 + 1')())", "2\n")]
    [InlineData("print(load(function() return nil end))", null)]
    [InlineData("print(load('x = 1; return x', 'n', 'bt', {})())", "1\n")]
    public void TheSandboxHolds(string script, string? output)
    {
        LuaResult result = _lua.Execute(script);
        Assert.Null(result.Details);
        Assert.True(output is null || output == result.Output, result.Output);
    }

    [Fact]
    public void WithoutTheSandboxTheLibrariesAreThere()
    {
        using LuaContext lua = new(Tight, sandbox: false);
        Assert.Equal("table, table, table, table, function\n", lua.Execute("print(type(os), type(io), type(package), type(debug), type(require))").Output);
        Assert.Equal("nil, nil\n", lua.Execute("print(os.exit, debug.sethook)").Output);
    }

    [Fact]
    public void CallbacksExchangeValues()
    {
        _lua.Register("host", static (arguments, results) =>
        {
            results.Integer(arguments.Count);
            results.Text(arguments.Text(0));
            results.Boolean(arguments.IsNil(1));
            results.Integer(arguments.Integer(2) ?? -1);
            results.Number(0.5);
            results.Json("{\"a\":[1,{\"b\":null}],\"c\":\"d\"}"u8);
        });
        Assert.Equal("3, x, true, 7, 0.5, 1, d\n", _lua.Execute("local n, t, b, i, d, j = host('x', nil, 7) print(n, t, b, i, d, j.a[1], j.c)").Output);
    }

    [Fact]
    public void ErrorsOfCallbacksBecomeLuaErrors()
    {
        _lua.Register("known", static (_, _) => throw new EdgeException(ErrorCode.BadRequest, "not so"));
        _lua.Register("unexpected", static (_, _) => throw new InvalidOperationException("secret"));
        Assert.Equal("[string \"line\"]:2: not so", _lua.Execute("\nknown()").Details);
        LuaResult result = _lua.Execute("unexpected()");
        Assert.Equal("[string \"line\"]:1: the function failed unexpectedly", result.Details);
        Assert.IsType<InvalidOperationException>(Assert.Single(_unexpected));
        Assert.Equal("false\n", _lua.Execute("print((pcall(known)))").Output);
        Assert.Equal("false\n", _lua.Execute("local co = coroutine.create(known) print((coroutine.resume(co)))").Output);
    }

    [Fact]
    public void ACallbackCannotRunAnotherScript()
    {
        _lua.Register("nested", (_, _) => _lua.Execute("print(1)"));
        Assert.Contains("running already", _lua.Execute("nested()").Details);
    }

    [Fact]
    public void ASlowCallbackCountsAsTime()
    {
        using LuaContext lua = new(Tight with { WallTime = TimeSpan.FromMilliseconds(50) }, sandbox: true);
        lua.Register("sleep", static (_, _) => Thread.Sleep(100));
        Assert.Contains("limit of time", lua.Execute("pcall(sleep) print('no')").Details);
    }

    [Theory]
    [InlineData("local t = {} t.t = t host(t)", "nested too deeply")]
    [InlineData("local t = {} for i = 1, 100 do t = {t} end host(t)", "nested too deeply")]
    [InlineData("host(string.rep('a', 6000000))", "not enough memory")]
    public void ArgumentsAreBounded(string script, string part)
    {
        _lua.Register("host", static (_, _) => { });
        Assert.Contains(part, _lua.Execute(script).Details);
    }

    [Fact]
    public void AResultThatDoesNotFitIsAnError()
    {
        _lua.Register("large", static (_, results) => results.Bytes(new byte[20 << 20]));
        Assert.Contains("not enough memory", _lua.Execute("large()").Details);
    }

    [Fact]
    public void FunctionsOfScriptsAreCalled()
    {
        Assert.False(_lua.HasFunction("ReceivedInstanceFilter"));
        _lua.Execute("function ReceivedInstanceFilter(dicom, origin) print(origin.RemoteAet) return dicom.PatientID ~= 'bad', {x = 1} end");
        Assert.True(_lua.HasFunction("ReceivedInstanceFilter"));
        bool? allowed = null;
        string? json = null;
        LuaResult result = _lua.Call(
            "ReceivedInstanceFilter",
            static arguments =>
            {
                arguments.Json("{\"PatientID\":\"bad\"}"u8);
                arguments.Json("{\"RemoteAet\":\"CT\"}"u8);
            },
            results =>
            {
                allowed = results.Boolean(0);
                json = System.Text.Encoding.UTF8.GetString(results.Json(1, true));
            });
        Assert.Equal((true, "CT\n", false, "{\"x\":1}"), (result.Succeeded, result.Output, allowed, json));
        Assert.Contains("there is no function", _lua.Call("nope", static _ => { }).Details);
    }

    [Fact]
    public void ManyCallsHoldNoMemory()
    {
        _lua.Register("host", static (arguments, results) => results.Bytes(arguments.RawText(0)));
        _lua.Execute("for i = 1, 1000 do host('x') end");
        long before = _lua.MemoryBytes;
        for (int i = 0; i < 20; i++)
        {
            Assert.True(_lua.Execute("for i = 1, 10000 do assert(host('abc') == 'abc') end").Succeeded);
        }

        Assert.InRange(_lua.MemoryBytes, 0, before + (1 << 20));
    }
}

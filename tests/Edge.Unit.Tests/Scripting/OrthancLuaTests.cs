using System.Text;
using Edge.Core.Errors;
using Edge.Engine.Scripting;
using Edge.Rest.Hosting;
using Edge.Unit.Tests.Rest;
using Xunit;

namespace Edge.Unit.Tests.Scripting;

/// <summary>Orthanc's functions for scripts, over the toy server's routes.</summary>
public sealed class OrthancLuaTests : IAsyncLifetime
{
    private ToyServer _toy = null!;
    private ScriptRunner _runner = null!;

    public async ValueTask InitializeAsync()
    {
        _toy = await ToyServer.StartAsync();
        InternalInvoker invoker = new(_toy.Pipeline);
        _runner = new ScriptRunner(() =>
        {
            LuaContext lua = new(new LuaLimits { WallTime = TimeSpan.FromSeconds(3) }, sandbox: true);
            OrthancLua.Register(lua, invoker, static () => "{\"HttpPort\":8042,\"Name\":\"edge\"}"u8.ToArray());
            return lua;
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _runner.DisposeAsync();
        await _toy.DisposeAsync();
    }

    [Theory]
    [InlineData("print(DumpJson({a=1,b={1,2,3},c='12',d='x',e=1.5,f=true,g={},h={[1]='a',[3]='c'}}))", "{\"a\":1,\"b\":[1,2,3],\"c\":12,\"d\":\"x\",\"e\":1.5,\"f\":true,\"g\":[],\"h\":{\"1\":\"a\",\"3\":\"c\"}}\n")]
    [InlineData("print(DumpJson({c='12'}, true))", "{\"c\":\"12\"}\n")]
    [InlineData("print(DumpJson('\u00e9\\n')) print(DumpJson(5)) print(DumpJson(nil)) print(DumpJson({1,2})) print(DumpJson({}))", "\"\\u00e9\\n\"\n5\nnull\n[1,2]\n[]\n")]
    [InlineData("print(DumpJson(3.0)) print(DumpJson(1/0)) print(DumpJson(print)) print(DumpJson('<&+>'))", "3\nnull\nnull\n\"<&+>\"\n")]
    [InlineData("PrintRecursive(nil) PrintRecursive('a') PrintRecursive({})", "nil, nil\nstring, a\ntable\n")]
    [InlineData("PrintRecursive({b={2,'x'}})", "table\n\t[b], table\n\t[b]\t[1], number, 2\n\t[b]\t[2], string, x\n")]
    [InlineData("print(ParseJson('{nope'))", "nil\n")]
    [InlineData("print(ParseJson('\"\\\\ud800\"'))", "nil\n")]
    [InlineData("print(ParseJson(5))", "nil\n")]
    [InlineData("local j = ParseJson('{\"a\":[1,2.5,null,\"s\"],\"b\":true}') print(#j.a, j.a[1], j.a[2], j.a[3], j.a[4], j.b)", "4, 1, 2.5, nil, s, true\n")]
    [InlineData("print(GetOrthancConfiguration()['HttpPort'], GetOrthancConfiguration().Name)", "8042, edge\n")]
    [InlineData("print(RestApiGet('/tools/now'))", "20260101T000000\n")]
    [InlineData("print(RestApiGet('/tools/now', false, {A='b'}))", "20260101T000000\n")]
    [InlineData("print(RestApiGet('/nope')) print(RestApiGet('/studies/x')) print(RestApiGet()) print(RestApiGet(5))", "nil\nnil\nnil\nnil\n")]
    [InlineData("print(RestApiPost('/echo', 'abc', true)) print(RestApiPut('/tools/metrics', '1')) print(RestApiDelete('/studies/x'))", "abc\n1\nnil\n")]
    [InlineData("print(ParseJson(RestApiGet('/system')).Name)", "caf\u00e9 <&+>\n")]
    [InlineData("print(RestApiGet('/instances/x/file', false, {range='bytes=1-2'}))", "12\n")]
    [InlineData("print(RestApiGet('/fail/unexpected'))", "nil\n")]
    public async Task ScriptsSeeWhatOrthancShows(string script, string output)
    {
        LuaResult result = await _runner.ExecuteAsync(Encoding.UTF8.GetBytes(script));
        Assert.Equal((null, output), (result.Details, result.Output));
    }

    [Fact]
    public async Task ScriptsRunOneAfterTheOther()
    {
        await _runner.ExecuteAsync("n = 0"u8.ToArray());
        await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => _runner.ExecuteAsync("local m = n RestApiGet('/tools/now') n = m + 1"u8.ToArray())));
        Assert.Equal("40\n", (await _runner.ExecuteAsync("print(n)"u8.ToArray())).Output);
    }

    [Fact]
    public async Task AScriptThatWantsItsOwnRunnerIsRefused()
    {
        Route[] routes = [new("POST", "/tools/execute-script", async r => await r.Text((await _runner.ExecuteAsync(await r.ReadBodyAsync(1000))).Output), "script")];
        RestPipeline pipeline = new(new RestOptions(), new RouteMatcher([routes]), new Edge.Core.Memory.ByteBudget(1 << 20), new ListLog());
        await using ScriptRunner runner = _runner;
        InternalInvoker invoker = new(pipeline);
        LuaResult result = await _runner.RunAsync(lua =>
        {
            lua.Register("Nested", (_, results) => results.Integer(invoker.InvokeAsync("POST", "/tools/execute-script", "print(1)"u8.ToArray(), null, false, default).AsTask().GetAwaiter().GetResult().Status));
            return lua.Execute("print(Nested())");
        });
        Assert.Equal("500\n", result.Output);
    }

    [Fact]
    public async Task ASlowRestCallEndsWithTheScript()
    {
        await using ScriptRunner runner = new(() =>
        {
            LuaContext lua = new(new LuaLimits { WallTime = TimeSpan.FromMilliseconds(100) }, sandbox: true);
            OrthancLua.Register(lua, new InternalInvoker(_toy.Pipeline), static () => "{}"u8.ToArray());
            return lua;
        });
        LuaResult result = await runner.ExecuteAsync("print(RestApiGet('/slow')) print('no')"u8.ToArray());
        Assert.Contains("limit of time", result.Details);
    }

    [Fact]
    public async Task AStoppedRunnerRefuses()
    {
        await _runner.ExecuteAsync("x = 1"u8.ToArray());
        await _runner.DisposeAsync();
        EdgeException failure = await Assert.ThrowsAsync<EdgeException>(() => _runner.ExecuteAsync("x = 1"u8.ToArray()));
        Assert.Equal(503, failure.HttpStatus);
    }
}

using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Edge.TestKit;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>Lua scripts in the native binary: events, filters, operations, limits.</summary>
public sealed class LuaTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task EventsAreToldWithTheirArguments()
    {
        await using EdgeServer server = await StartAsync("""
            seen = {}
            local function note(name, text) seen[name] = (seen[name] or '') .. text .. ';' end
            function Initialize() note('Initialize', 'yes') end
            function OnStoredInstance(id, tags, metadata, origin)
              note('Stored', tags['PatientID'] .. ' ' .. metadata['TransferSyntax'] .. ' ' .. origin['RequestOrigin'] .. ' ' .. origin['RemoteIp'])
            end
            function OnStableStudy(id, tags, metadata) note('Stable', tags['StudyDate'] .. ' ' .. tostring(tags['PatientID'])) end
            function OnUpdatedPatient(id) note('Updated', id) end
            function OnDeletedStudy(id) note('Deleted', id) end
            function OnJobSuccess(id) note('Job', id) end
            function OnHeartBeat() note('Beat', '') end
            """, configuration =>
        {
            configuration["LuaHeartBeatPeriod"] = 1;
            configuration["UserMetadata"] = new JsonObject { ["mine"] = 1025 };
        });
        JsonNode stored = await server.UploadAsync(SyntheticInstance.Numbered(601, 1, 1, 1).ToFile());
        string patient = (string)stored["ParentPatient"]!;
        string study = (string)stored["ParentStudy"]!;
        await UntilSeenAsync(server, "Stored", $"TEST-601 {SyntheticInstance.ExplicitLittleEndian} RestApi 127.0.0.1;");
        await UntilSeenAsync(server, "Stable", "20260102 nil;");
        using (HttpResponseMessage put = await server.Http.PutAsync($"/patients/{patient}/metadata/mine", new StringContent("x")))
        {
            Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        }

        await UntilSeenAsync(server, "Updated", patient + ";");
        using (HttpResponseMessage deleted = await server.Http.DeleteAsync($"/studies/{study}"))
        {
            Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        }

        await UntilSeenAsync(server, "Deleted", study + ";");
        Assert.Equal("yes;", await LuaAsync(server, "print(seen['Initialize'])"));
        await UntilAsync(async () => (await LuaAsync(server, "print(seen['Beat'])")).StartsWith(';'));
    }

    [Fact]
    public async Task AScriptKnowsWhatItStoredItself()
    {
        await using EdgeServer server = await StartAsync("""
            told = ''
            function OnStoredInstance(id, tags, metadata, origin)
              told = told .. origin['RequestOrigin'] .. ';'
              if origin['RequestOrigin'] ~= 'Lua' then
                local file = RestApiGet('/instances/' .. id .. '/file')
                RestApiDelete('/instances/' .. id)
                RestApiPost('/instances', file)
                RestApiPost('/studies/' .. ParseJson(RestApiGet('/instances/' .. id .. '/study'))['ID'] .. '/modify', '{"Replace":{"StudyDescription":"x"}}')
              end
            end
            """);
        JsonNode stored = await server.UploadAsync(SyntheticInstance.Numbered(603, 1, 1, 1).ToFile());
        await UntilAsync(async () => await LuaAsync(server, "print(told)") == "RestApi;Lua;Lua;");
        Assert.Equal("Lua", (await server.AskAsync("GET", $"/instances/{(string)stored["ID"]!}/metadata/Origin")).Body);
        Assert.Equal(HttpStatusCode.NotFound, (await server.AskAsync("GET", $"/instances/{(string)stored["ID"]!}/metadata/HttpUsername")).Status);
    }

    [Fact]
    public async Task FiltersRefuseInstancesRequestsAndStores()
    {
        await using EdgeServer server = await StartAsync("""
            function ReceivedInstanceFilter(dicom, origin, info)
              if dicom['PatientID'] == 'TEST-9' then error('boom') end
              return not (dicom['PatientID'] == 'TEST-7' and info['HasPixelData'] and origin['RequestOrigin'] == 'RestApi')
            end
            function ReceivedCStoreInstanceFilter(dicom, origin) if dicom['PatientID'] == 'TEST-8' then return 0xA700 else return 0 end end
            function IncomingHttpRequestFilter(method, uri, ip, username, headers) return not (uri == '/statistics' and headers['x-test'] == 'refuse') end
            """);
        Assert.Equal("FilteredOut", (string)(await server.UploadAsync(SyntheticInstance.Numbered(7, 1, 1, 1).ToFile()))["Status"]!);
        Assert.Equal("Success", (string)(await server.UploadAsync(SyntheticInstance.Numbered(6, 1, 1, 1).ToFile()))["Status"]!);
        using (HttpResponseMessage failing = await server.Http.PostAsync("/instances", new ByteArrayContent(SyntheticInstance.Numbered(9, 1, 1, 1).ToFile())))
        {
            Assert.Equal(HttpStatusCode.InternalServerError, failing.StatusCode);
            Assert.Contains("filters.lua:2: boom", await failing.Content.ReadAsStringAsync());
        }

        Assert.NotEqual(0, await StoreAsync(server, SyntheticInstance.Numbered(8, 1, 1, 1)));
        Assert.Equal(0, await StoreAsync(server, SyntheticInstance.Numbered(7, 1, 1, 2)));
        Assert.Equal(2, (int)(await server.GetJsonAsync("/statistics"))["CountInstances"]!);
        using HttpRequestMessage request = new(HttpMethod.Get, "/statistics") { Headers = { { "X-Test", "refuse" } } };
        using HttpResponseMessage refused = await server.Http.SendAsync(request);
        Assert.Equal((HttpStatusCode.Forbidden, ""), (refused.StatusCode, await refused.Content.ReadAsStringAsync()));
        Assert.Contains("edge_lua_errors_total 1 ", await server.Http.GetStringAsync("/tools/metrics-prometheus"));
    }

    [Fact]
    public async Task AFilterThatLoopsRefusesAndTheServerGoesOn()
    {
        await using EdgeServer server = await StartAsync(
            "function ReceivedInstanceFilter(dicom) while dicom['PatientID'] == 'TEST-3' do end return true end",
            static configuration => configuration["Edge"] = new JsonObject { ["LuaTimeout"] = 1 });
        using (HttpResponseMessage looping = await server.Http.PostAsync("/instances", new ByteArrayContent(SyntheticInstance.Numbered(3, 1, 1, 1).ToFile())))
        {
            Assert.Equal(HttpStatusCode.InternalServerError, looping.StatusCode);
        }

        Assert.Equal("Success", (string)(await server.UploadAsync(SyntheticInstance.Numbered(4, 1, 1, 1).ToFile()))["Status"]!);
    }

    [Fact]
    public async Task AutoRoutingGoesThroughTheOutboxAndDeletesAfterDelivery()
    {
        int port = FreePort.Next();
        await using EdgeServer server = await StartAsync(
            "function OnStoredInstance(id, tags) Delete(SendToModality(id, 'pacs')) end",
            configuration =>
            {
                configuration["DicomModalities"] = new JsonObject { ["pacs"] = new JsonArray("ORTHANC", "127.0.0.1", port) };
                configuration["Edge"] = new JsonObject { ["Forwarding"] = new JsonObject { ["Destinations"] = new JsonObject { ["pacs"] = new JsonObject { ["RetryMinimum"] = 1, ["RetryMaximum"] = 1 } } } };
            });
        for (int i = 1; i <= 5; i++)
        {
            await server.UploadAsync(SyntheticInstance.Numbered(602, 1, 1, i).ToFile());
        }

        await UntilAsync(async () => (await server.GetJsonAsync("/jobs?expand")).AsArray().Count(static job => (string)job!["Type"]! == "SequenceOfOperations") == 5);
        Assert.Equal(5, (int)(await server.GetJsonAsync("/statistics"))["CountInstances"]!);
        await server.KillAsync();
        await using EdgeServer target = await EdgeServer.StartNewAsync(configuration => configuration["DicomPort"] = port);
        await server.StartAsync();
        await UntilAsync(async () => (int)(await server.GetJsonAsync("/statistics"))["CountInstances"]! == 0);
        Assert.Equal(5, (int)(await target.GetJsonAsync("/statistics"))["CountInstances"]!);
    }

    [Fact]
    public async Task AScriptThatDoesNotParseStopsTheStartWithItsLine()
    {
        string path = _folder.Combine("filters.lua");
        await File.WriteAllTextAsync(path, "x = 1\nfunction (");
        await using EdgeServer server = new(configuration => configuration["LuaScripts"] = new JsonArray(path));
        server.Launch();
        await server.WaitForExitAsync(TimeSpan.FromMinutes(2));
        Assert.NotEqual(0, server.ExitCode);
        await UntilAsync(() => Task.FromResult(server.Log.Contains("filters.lua:2:", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(true, "nil")]
    [InlineData(false, "table")]
    public async Task TheSandboxIsAnOption(bool isSandboxed, string expected)
    {
        await using EdgeServer server = await StartAsync("x = 1", configuration => configuration["Edge"] = new JsonObject { ["LuaSandbox"] = isSandboxed });
        Assert.Equal(expected, await LuaAsync(server, "print(type(io))"));
    }

    private Task<EdgeServer> StartAsync(string script, Action<JsonObject>? configure = null)
    {
        string path = _folder.Combine("filters.lua");
        File.WriteAllText(path, script);
        return EdgeServer.StartNewAsync(configuration =>
        {
            configuration["LuaScripts"] = new JsonArray(path);
            configuration["ExecuteLuaEnabled"] = true;
            configuration["JobsHistorySize"] = 100;
            configure?.Invoke(configuration);
        });
    }

    private async Task<int> StoreAsync(EdgeServer server, SyntheticInstance sample)
    {
        string path = _folder.Combine("sample.dcm");
        await File.WriteAllBytesAsync(path, sample.ToFile());
        ToolResult result = await Tool.RunAsync("storescu", "-aec", "ORTHANC", "127.0.0.1", $"{server.DicomPort}", path);
        return result.ExitCode;
    }

    private static async Task<string> LuaAsync(EdgeServer server, string script)
    {
        using HttpResponseMessage answer = await server.Http.PostAsync("/tools/execute-script", new StringContent(script));
        return (await answer.Content.ReadAsStringAsync()).Trim();
    }

    private static async Task UntilSeenAsync(EdgeServer server, string name, string text)
    {
        string last = "";
        Stopwatch clock = Stopwatch.StartNew();
        while ((last = await LuaAsync(server, $"print(seen['{name}'])")) != text)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(2), $"{name}: \"{last}\" instead of \"{text}\"\n{server.Log}");
            await Task.Delay(50);
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(2), "it did not happen within two minutes");
            await Task.Delay(50);
        }
    }
}

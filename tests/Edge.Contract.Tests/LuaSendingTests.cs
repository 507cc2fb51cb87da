using System.Text.Json.Nodes;
using Edge.TestKit;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>What scripts decide about instances that leave, and about resources that are complete.</summary>
public sealed class LuaSendingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task WhatTheOutgoingFilterKeepsBackIsNotSent()
    {
        await using EdgeServer receiver = await EdgeServer.StartNewAsync();
        await using EdgeServer server = await StartAsync("""
            function OutgoingCStoreInstanceFilter(dicom, destination)
              if dicom['InstanceNumber'] == '3' then error('no answer') end
              return not (dicom['InstanceNumber'] == '2' and destination['RemoteIp'] == '127.0.0.1' and (destination['RemoteAet'] == 'ORTHANC' or destination['RemoteAet'] == 'SINK'))
            end
            """, configuration =>
        {
            configuration["DicomModalities"] = new JsonObject { ["receiver"] = new JsonArray("ORTHANC", "127.0.0.1", receiver.DicomPort) };
            configuration["DicomAlwaysAllowGet"] = true;
            configuration["Edge"] = new JsonObject { ["Forwarding"] = new JsonObject { ["Rules"] = new JsonObject { ["all"] = new JsonObject { ["To"] = "receiver", ["Tags"] = new JsonObject { ["PatientID"] = "TEST-622" } } } } };
        });
        SyntheticInstance first = SyntheticInstance.Numbered(621, 1, 1, 1);
        (_, string study, _, string sent) = await server.StoreAsync(first);
        (_, _, _, string kept) = await server.StoreAsync(SyntheticInstance.Numbered(621, 1, 1, 2));
        JsonNode job = await server.PostJsonAsync("/modalities/receiver/store", new JsonObject { ["Resources"] = new JsonArray(study) });
        Assert.Equal((2, 0), ((int)job["InstancesCount"]!, (int)job["FailedInstancesCount"]!));
        Assert.Equal([sent], (await receiver.GetJsonAsync("/instances")).Strings());

        // C-GET: the one that is kept back counts as a sub-operation with a warning.
        ToolResult got = await Tool.RunAsync(
            "getscu", "-v", "-S", "-aet", "SINK", "-aec", "ORTHANC", "-od", _folder.Path, "127.0.0.1", $"{server.DicomPort}", "-k", "QueryRetrieveLevel=STUDY", "-k", $"StudyInstanceUID={first.StudyInstanceUid}");
        Assert.Single(Directory.GetFiles(_folder.Path), file => !file.EndsWith(".lua", StringComparison.Ordinal));
        Assert.Contains("Number of Completed Suboperations : 1", got.Output + got.Error, StringComparison.Ordinal);
        Assert.Contains("Number of Warning Suboperations   : 1", got.Output + got.Error, StringComparison.Ordinal);

        // A filter that fails keeps back, and that is a failure.
        (_, _, _, string failing) = await server.StoreAsync(SyntheticInstance.Numbered(621, 1, 1, 3));
        Answer refused = await server.AskAsync("POST", "/modalities/receiver/store", failing);
        Assert.False(refused.Status == System.Net.HttpStatusCode.OK, refused.Body);
        Assert.Equal([sent], (await receiver.GetJsonAsync("/instances")).Strings());
        Assert.NotEqual(sent, kept);

        // Of what is forwarded by a rule it is parked, not called delivered.
        await server.StoreAsync(SyntheticInstance.Numbered(622, 1, 1, 1));
        await server.StoreAsync(SyntheticInstance.Numbered(622, 1, 1, 2));
        for (int i = 0; ; i++)
        {
            JsonNode parked = await server.GetJsonAsync("/edge/forwarding/receiver/rows?state=Parked");
            if (parked.ToJsonString().Contains("OutgoingCStoreInstanceFilter", StringComparison.Ordinal))
            {
                break;
            }

            Assert.True(i < 100, parked.ToJsonString());
            await Task.Delay(100);
        }

        Assert.Equal(2, (await receiver.GetJsonAsync("/instances")).AsArray().Count);
    }

    [Fact]
    public async Task AScriptSaysWhatIsStable()
    {
        await using EdgeServer server = await StartAsync("""
            told = ''
            function OnStableStudy(id) told = told .. id .. ';' end
            """, static configuration => configuration["StableAge"] = 3600);
        (_, string study, string series, _) = await server.StoreAsync(SyntheticInstance.Numbered(623, 1, 1, 1));
        Assert.False((bool)(await server.GetJsonAsync($"/studies/{study}"))["IsStable"]!);
        Assert.Equal("true, false, false", await LuaAsync(server, $"print(SetStableStatus('{study}', true), SetStableStatus('{study}', true), SetStableStatus('nope', true))"));
        Assert.True((bool)(await server.GetJsonAsync($"/studies/{study}"))["IsStable"]!);
        Assert.False((bool)(await server.GetJsonAsync($"/series/{series}"))["IsStable"]!);
        for (int i = 0; await LuaAsync(server, "print(told)") != study + ";"; i++)
        {
            Assert.True(i < 100, "the study was not told to be stable");
            await Task.Delay(100);
        }

        Assert.Contains((await server.GetJsonAsync("/changes"))["Changes"]!.AsArray(), change => (string?)change!["ChangeType"] == "StableStudy" && (string?)change["ID"] == study);
        Assert.Equal("true", await LuaAsync(server, $"print(SetStableStatus('{study}', false))"));
        Assert.False((bool)(await server.GetJsonAsync($"/studies/{study}"))["IsStable"]!);
    }

    private static async Task<string> LuaAsync(EdgeServer server, string script) => (await server.AskAsync("POST", "/tools/execute-script", script)).Body.TrimEnd('\n');

    private Task<EdgeServer> StartAsync(string script, Action<JsonObject> configure)
    {
        string path = _folder.Combine("sending.lua");
        File.WriteAllText(path, script);
        return EdgeServer.StartNewAsync(configuration =>
        {
            configuration["LuaScripts"] = new JsonArray(path);
            configuration["ExecuteLuaEnabled"] = true;
            configure(configuration);
        });
    }
}

using Edge.Core.Errors;
using Edge.Core.Options;
using Edge.Engine.Content;
using Edge.Engine.Ports;
using Edge.Engine.Scripting;
using Edge.TestKit;
using Edge.TestKit.Samples;
using Edge.Unit.Tests.Engine;
using Edge.Unit.Tests.Engine.Forwarding;
using Xunit;

namespace Edge.Unit.Tests.Scripting;

/// <summary>The filter of what leaves: results in their order, whatever is kept back.</summary>
public sealed class FilteredSenderTests : IDisposable
{
    private static readonly ModalityOptions To = new() { Aet = "SINK", Host = "127.0.0.1", Port = 104 };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ResultsComeInTheOrderOfTheInstances()
    {
        await using EngineFixture engine = new();
        await using ScriptHost scripts = await StartAsync("""
            function OutgoingCStoreInstanceFilter(dicom, destination)
              local number = tonumber(dicom['InstanceNumber'])
              if number == 130 then error('no answer') end
              return number % 3 ~= 0 and number ~= 250
            end
            """);
        FakeSender inner = new(static (instance, _) => FakeSender.Sent(instance));
        FilteredSender sender = new(inner, new OutgoingStoreFilter(scripts, new InstanceFiles(engine.Store.Index, engine.Store.Files, engine.Settings), engine.Settings));
        OutgoingInstance[] instances = [.. Enumerable.Range(1, 250).Select(static number => OutgoingInstances.OfFile(SyntheticInstance.Numbered(1, 1, 1, number).ToFile()))];
        List<SendResult> results = [];
        await foreach (SendResult result in sender.SendAsync(To, instances))
        {
            results.Add(result);
        }

        Assert.Equal(instances, results.Select(static result => result.Instance));
        for (int i = 0; i < results.Count; i++)
        {
            int number = i + 1;
            Assert.Equal(number == 130 ? SendStatus.PermanentFailure : number % 3 == 0 || number == 250 ? SendStatus.Filtered : SendStatus.Sent, results[i].Status);
        }

        Assert.Equal(250 - 83 - 2, inner.Delivered.Count);
        Assert.Equal(ErrorCode.CannotExecuteLua, results[129].Failure!.Code);
        Assert.False(results[2].IsFailure);
        Assert.False(results[2].IsSent);
        Assert.Equal(3, inner.Batches);
    }

    [Fact]
    public async Task WithoutAFilterNothingIsAskedOrRead()
    {
        await using EngineFixture engine = new();
        await using ScriptHost scripts = await StartAsync("function OnStoredInstance() end");
        FakeSender inner = new(static (instance, _) => FakeSender.Sent(instance));
        FilteredSender sender = new(inner, new OutgoingStoreFilter(scripts, new InstanceFiles(engine.Store.Index, engine.Store.Files, engine.Settings), engine.Settings));
        OutgoingInstance gone = new Unreadable { SopClassUid = "1.2", SopInstanceUid = "1.3", TransferSyntaxUid = "1.2.840.10008.1.2" };
        await foreach (SendResult result in sender.SendAsync(To, [gone]))
        {
            Assert.True(result.IsSent);
        }
    }

    private async Task<ScriptHost> StartAsync(string script)
    {
        string path = _folder.Combine("filter.lua");
        await File.WriteAllTextAsync(path, script);
        ScriptHost host = new(new ScriptingOptions { LuaScripts = [path] }, static _ => new LuaContext(new LuaLimits { WallTime = TimeSpan.FromSeconds(3) }, sandbox: true));
        await host.StartAsync();
        return host;
    }

    private sealed class Unreadable : OutgoingInstance
    {
        public override ValueTask<Stream> OpenDataSetAsync(CancellationToken cancellation) => throw new InvalidOperationException("nobody may read it");
    }
}

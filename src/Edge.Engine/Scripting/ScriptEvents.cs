using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Core.Logging;
using Edge.Core.Metrics;
using Edge.Dicom;
using Edge.Dicom.Json;
using Edge.Dicom.Tags;
using Edge.Engine.Content;
using Edge.Engine.Ingest;
using Edge.Engine.Jobs;
using Edge.Engine.Jobs.Scripts;
using Edge.Engine.Stability;
using Edge.Store;
using Edge.Store.Index;

namespace Edge.Engine.Scripting;

/// <summary>
/// Tells scripts what happened, in the order it happened, behind the backs of those who did it: ingest never waits for a script. What a callback
/// asked for with <c>SendToModality</c>, <c>Delete</c> and their like becomes a durable job. Of each stored instance they are told at least once, whatever
/// ends the process (<see cref="StoredCursor"/>). The queue of everything else lives in memory: what a killed process had not told of it is not told.
/// </summary>
public sealed class ScriptEvents : IAsyncDisposable
{
    /// <summary>Events that may wait; one more is dropped and counted.</summary>
    private const int MostWaiting = 100_000;

    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);
    private readonly Channel<ScriptEvent> _queue = Channel.CreateBounded<ScriptEvent>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private static readonly TimeSpan SaveDelay = TimeSpan.FromMilliseconds(250);
    private readonly CancellationTokenSource _stop = new();
    private readonly ScriptHost _host;
    private readonly StoredCursor _cursor;
    private long _lastStored;
    private readonly TimeSpan _heartBeat;
    private readonly Counter? _dropped;
    private Task _telling = Task.CompletedTask;
    private Task _beating = Task.CompletedTask;

    /// <param name="heartBeat">In seconds; 0 for none.</param>
    public ScriptEvents(ScriptHost host, IResourceIndex index, int heartBeat, MetricsRegistry? metrics = null)
    {
        _host = host;
        _cursor = new StoredCursor(index);
        _heartBeat = TimeSpan.FromSeconds(heartBeat);
        _dropped = metrics?.Counter("edge_lua_events_dropped_total");
        metrics?.Gauge("edge_lua_events_waiting", () => _queue.Reader.Count);
    }

    /// <summary>Begins to tell, with the instances that a former process had not come to. To be called before anything is stored.</summary>
    public async ValueTask StartAsync(EdgeEngine engine)
    {
        _lastStored = await _cursor.LoadAsync(_host.Handles(ScriptCallbacks.StoredInstance)).ConfigureAwait(false);
        _telling = TellAllAsync(engine);
        if (_heartBeat > TimeSpan.Zero)
        {
            _beating = BeatAsync();
        }
    }

    /// <summary>An instance was stored, or was there already.</summary>
    public void Stored(IngestItem item)
    {
        ScriptEvent what = new(ScriptCallbacks.StoredInstance, item.Identifiers!.Instance, ResourceLevel.Instance);
        if (item.Result is not { Status: IngestStatus.Success, Outcome.InstanceId: var row })
        {
            Tell(what with { Origin = item.Origin });
        }
        else if (_host.Handles(what.Callback))
        {
            Raise(ref _lastStored, row);
            _queue.Writer.TryWrite(what with { Row = row }); // where there is no room, it is told when there is
        }
        else
        {
            _cursor.Pass(row);
        }
    }

    public void Stable(IReadOnlyList<StableResource> resources)
    {
        foreach (StableResource resource in resources)
        {
            Tell(new ScriptEvent("OnStable" + resource.Level, resource.PublicId, resource.Level));
        }
    }

    public void Deleted(IReadOnlyList<DeletedResource> resources)
    {
        foreach (DeletedResource resource in resources)
        {
            Tell(new ScriptEvent("OnDeleted" + resource.Level, resource.PublicId));
        }
    }

    /// <summary>User metadata or an attachment of a resource has changed.</summary>
    public void Updated(ResourceLevel level, string publicId) => Tell(new ScriptEvent("OnUpdated" + level, publicId));

    public void JobChanged(JobEvent what, string jobId) => Tell(new ScriptEvent(
        what switch
        {
            JobEvent.Submitted => ScriptCallbacks.JobSubmitted,
            JobEvent.Success => ScriptCallbacks.JobSuccess,
            _ => ScriptCallbacks.JobFailure,
        },
        jobId));

    /// <summary>Tells what is waiting, for a few seconds at most.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await Task.WhenAny(_telling, Task.Delay(StopPatience)).ConfigureAwait(false);
        if (_queue.Reader.Count > 0)
        {
            Log.Lua.Warning($"{_queue.Reader.Count} events were not told to scripts before the end");
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await _telling.ConfigureAwait(false);
        await _beating.ConfigureAwait(false);
        _stop.Dispose();
    }

    private void Tell(ScriptEvent what)
    {
        if (_host.Handles(what.Callback) && !_queue.Writer.TryWrite(what) && !_stop.IsCancellationRequested)
        {
            _dropped?.Add();
            Log.Lua.Error($"{what.Callback} is not called for {what.Id}: {MostWaiting} events are waiting for scripts");
        }
    }

    private async Task BeatAsync()
    {
        using PeriodicTimer timer = new(_heartBeat);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                Tell(new ScriptEvent(ScriptCallbacks.HeartBeat, ""));
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private async Task TellAllAsync(EdgeEngine engine)
    {
        try
        {
            while (await NextAsync(engine).ConfigureAwait(false) is { } what)
            {
                if (what.Row == 0)
                {
                    await TryTellAsync(engine, what).ConfigureAwait(false);
                }
                else
                {
                    await TellStoredAsync(engine, what.Row).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The server stops.
        }

        await _cursor.SaveAsync().ConfigureAwait(false);
    }

    /// <summary>The next event; null at the end. Where none waits, how far it is is written a little later.</summary>
    private async ValueTask<ScriptEvent?> NextAsync(EdgeEngine engine)
    {
        while (true)
        {
            if (_queue.Reader.TryRead(out ScriptEvent? what))
            {
                return what;
            }

            await TellStoredAsync(engine, Volatile.Read(ref _lastStored)).ConfigureAwait(false);
            Task<bool> more = _queue.Reader.WaitToReadAsync(_stop.Token).AsTask();
            if (_cursor.IsUnsaved && await Task.WhenAny(more, Task.Delay(SaveDelay, _stop.Token)).ConfigureAwait(false) != more)
            {
                await _cursor.SaveAsync().ConfigureAwait(false);
            }

            if (!await more.ConfigureAwait(false))
            {
                return null;
            }
        }
    }

    /// <summary>Tells of the instances up to a row that scripts have not been told of.</summary>
    private async ValueTask TellStoredAsync(EdgeEngine engine, long last)
    {
        while (await _cursor.NextAsync(last, _stop.Token).ConfigureAwait(false) is { } row)
        {
            await TryTellAsync(engine, new ScriptEvent(ScriptCallbacks.StoredInstance, row.PublicId, ResourceLevel.Instance, Row: row.Id)).ConfigureAwait(false);
            _cursor.Told(row.Id);
            if (_cursor.IsDue)
            {
                await _cursor.SaveAsync().ConfigureAwait(false);
            }
        }
    }

    private async ValueTask TryTellAsync(EdgeEngine engine, ScriptEvent what)
    {
        try
        {
            await TellAsync(engine, what).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Log.Lua.Error($"{what.Callback} could not be called for {what.Id}", e);
        }
    }

    private static void Raise(ref long highest, long value)
    {
        long former = Volatile.Read(ref highest);
        while (value > former && Interlocked.CompareExchange(ref highest, value, former) is var found && found != former)
        {
            former = found;
        }
    }

    private async Task TellAsync(EdgeEngine engine, ScriptEvent what)
    {
        Action<LuaWriter>? arguments = await ArgumentsAsync(engine, what).ConfigureAwait(false);
        if (arguments is null)
        {
            return; // deleted in between
        }

        Failpoint.Hit("script.before-call");
        byte[] operations = [];
        LuaResult result = await RunAsync(lua =>
        {
            LuaResult begun = lua.Call(LuaOperations.Begin, static _ => { });
            LuaResult called = begun.Succeeded ? lua.Call(what.Callback, arguments) : begun;
            if (called.Succeeded)
            {
                lua.Call(LuaOperations.Take, static _ => { }, taken => operations = taken.Json(0, keepStrings: true));
            }

            return called;
        }).ConfigureAwait(false);
        _host.Note(what.Callback, result);
        if (result.Succeeded && ScriptOperation.ReadAll(operations) is { Count: > 0 } sequence)
        {
            await engine.Jobs.SubmitAsync(new ScriptJob(sequence), new JobOrder(Property: what.Row == 0 ? null : StoredCursor.At(what.Row))).ConfigureAwait(false);
        }

        Failpoint.Hit("script.after-call");
    }

    /// <summary>Waits while scripts that clients execute fill the queue of the context.</summary>
    private async Task<LuaResult> RunAsync(Func<LuaContext, LuaResult> work)
    {
        while (true)
        {
            try
            {
                return await _host.Main.RunAsync(work, _stop.Token).ConfigureAwait(false);
            }
            catch (EdgeException e) when (e.HttpStatus == 503)
            {
                await Task.Delay(RetryDelay, _stop.Token).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The arguments of a callback; null where the resource is gone.</summary>
    private static async ValueTask<Action<LuaWriter>?> ArgumentsAsync(EdgeEngine engine, ScriptEvent what)
    {
        if (what.Callback == ScriptCallbacks.HeartBeat)
        {
            return static _ => { };
        }

        if (what.Level is not { } level)
        {
            return writer => writer.Text(what.Id);
        }

        ResourceRow? row;
        byte[] tags;
        if (level == ResourceLevel.Instance)
        {
            if (await engine.Files.FindAsync(what.Id).ConfigureAwait(false) is not { } instance || (what.Row != 0 && instance.Row.Id != what.Row))
            {
                return null; // or replaced: that is another event
            }

            row = instance.Row;
            tags = instance.File is null ? MainTags(row) : Simplified((await engine.Files.ReadHeaderAsync(instance).ConfigureAwait(false)).DataSet);
        }
        else
        {
            row = await engine.Index.ReadAsync(what.Id, static (reader, id) => reader.Find(id)).ConfigureAwait(false);
            if (row is null)
            {
                return null;
            }

            tags = MainTags(row);
        }

        return writer =>
        {
            writer.Text(what.Id);
            writer.Json(tags);
            Metadata(writer, engine, row);
            if (what.Callback == ScriptCallbacks.StoredInstance)
            {
                Origin(writer, what.Origin ?? StoredCursor.OriginOf(row));
            }
        };
    }

    /// <summary>A data set as Orthanc's simplified JSON.</summary>
    internal static byte[] Simplified(DataSet dataSet)
    {
        ArrayBufferWriter<byte> buffer = new(4096);
        using (Utf8JsonWriter json = new(buffer, OrthancTagsJson.WriterOptions))
        {
            OrthancTagsJson.Write(json, dataSet, TagFormat.Simplified);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The table of an origin.</summary>
    internal static void Origin(LuaWriter writer, IngestOrigin origin)
    {
        writer.BeginTable();
        Member(writer, "RequestOrigin", origin.Kind.ToString());
        if (origin.RemoteIp.Length > 0)
        {
            Member(writer, "RemoteIp", origin.RemoteIp);
        }

        if (origin.Kind == OriginKind.RestApi)
        {
            Member(writer, "Username", origin.Username);
        }

        if (origin.Kind == OriginKind.DicomProtocol)
        {
            Member(writer, "RemoteAet", origin.RemoteAet);
            Member(writer, "CalledAet", origin.CalledAet);
        }

        writer.EndTable();
    }

    internal static void Member(LuaWriter writer, string name, string value)
    {
        writer.Text(name);
        writer.Text(value);
    }

    private static byte[] MainTags(ResourceRow row) => JobBody.ObjectOf(json =>
    {
        foreach (PackedTags.PackedTag tag in row.Tags)
        {
            json.WriteString(DicomDictionary.OrthancName(new DicomTag(tag.Tag)), tag.Utf8);
        }
    });

    private static void Metadata(LuaWriter writer, EdgeEngine engine, ResourceRow row)
    {
        writer.BeginTable();
        foreach (PackedMetadata.Entry entry in row.Metadata)
        {
            Member(writer, engine.Names.MetadataName(entry.Type), Encoding.UTF8.GetString(entry.Utf8));
        }

        writer.EndTable();
    }
}

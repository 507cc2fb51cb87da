using System.Globalization;
using Edge.Core.Ids;
using Edge.Core.Logging;
using Edge.Engine.Ingest;
using Edge.Store.Index;

namespace Edge.Engine.Scripting;

/// <summary>
/// How far scripts have been told of stored instances. Rows of instances are numbered in the order of their commits and a number is never given
/// twice, so that the index itself is the queue, and one number, kept as a property of the index, says what is left of it after a kill.
/// It is written with the job of what a script asked for, else behind the telling: what follows it is told again, so each instance is told at least once. Used by one task.
/// </summary>
internal sealed class StoredCursor(IResourceIndex index)
{
    private const string Property = "ScriptsTold";
    private const int ReadAhead = 64;
    private const int MostUnsaved = 256;

    private readonly Queue<ResourceRow> _ahead = new();
    private long _told;
    private long _saved;
    private long _passed;
    private int _unsaved;

    /// <summary>Whether more has been told than the index knows.</summary>
    public bool IsUnsaved => _told != _saved;

    /// <summary>Whether so much has been told that it should be written even while more waits.</summary>
    public bool IsDue => _unsaved >= MostUnsaved;

    /// <summary>At the start, before anything is stored: the last row that there is. What was stored while no script wanted to know is not told later.</summary>
    /// <param name="isHandled">Whether the scripts handle stored instances now.</param>
    public async ValueTask<long> LoadAsync(bool isHandled)
    {
        (string? kept, long last) = await index.ReadAsync(0, static (reader, _) => (reader.Property(Property), reader.LastId(ResourceLevel.Instance))).ConfigureAwait(false);
        _told = isHandled && long.TryParse(kept, NumberStyles.None, CultureInfo.InvariantCulture, out long told) ? told : last;
        _saved = _told;
        if (!isHandled && kept is not null)
        {
            await index.SetPropertyAsync(Property, null).ConfigureAwait(false);
        }
        else if (isHandled && kept is null)
        {
            await WriteAsync().ConfigureAwait(false);
        }

        return last;
    }

    /// <summary>What the index is to know with the job that a script asked for: it was told up to a row.</summary>
    public static KeyValuePair<string, string> At(long row) => new(Property, row.ToString(CultureInfo.InvariantCulture));

    /// <summary>An instance was stored that no script wants to know of: it is not told later. From any thread.</summary>
    public void Pass(long row)
    {
        long passed = Volatile.Read(ref _passed);
        while (row > passed && Interlocked.CompareExchange(ref _passed, row, passed) is var found && found != passed)
        {
            passed = found;
        }
    }

    /// <summary>The next instance to tell of, up to a row; null where all are told.</summary>
    public async ValueTask<ResourceRow?> NextAsync(long last, CancellationToken cancellation)
    {
        _told = Math.Max(_told, Volatile.Read(ref _passed));
        while (true)
        {
            while (_ahead.TryPeek(out ResourceRow? next))
            {
                if (next.Id > _told && !IsImported(next))
                {
                    return next.Id <= last ? next : null;
                }

                Told(_ahead.Dequeue().Id);
            }

            if (_told >= last)
            {
                return null;
            }

            List<ResourceRow> rows = await index.ReadAsync(_told, static (reader, told) => reader.ListAfter(ResourceLevel.Instance, told, ReadAhead), cancellation).ConfigureAwait(false);
            if (rows.Count == 0)
            {
                Told(last); // those there were are deleted
                return null;
            }

            rows.ForEach(_ahead.Enqueue);
        }
    }

    /// <summary>Scripts have been told of an instance, and what they asked for is durable.</summary>
    public void Told(long row)
    {
        if (row > _told)
        {
            _told = row;
            _unsaved++;
        }
    }

    /// <summary>Writes how far it is. A failure is logged: what was told is told again then.</summary>
    public async ValueTask SaveAsync()
    {
        if (!IsUnsaved)
        {
            return;
        }

        try
        {
            await WriteAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is Core.Errors.EdgeException or ObjectDisposedException)
        {
            Log.Lua.Warning($"it cannot be noted that scripts were told of the instances up to row {_told}", e);
        }
    }

    /// <summary>What <c>edge-dicom import</c> brings in is told to nobody.</summary>
    private static bool IsImported(ResourceRow row) => OriginOf(row).Kind == OriginKind.Unknown;

    /// <summary>Where an instance came from, as its metadata says.</summary>
    internal static IngestOrigin OriginOf(ResourceRow row) => new(
        Enum.TryParse(Text(row, MetadataType.Origin), out OriginKind kind) ? kind : OriginKind.Unknown,
        Text(row, MetadataType.RemoteIp),
        Text(row, MetadataType.RemoteAet),
        Text(row, MetadataType.CalledAet),
        Text(row, MetadataType.HttpUsername));

    private static string Text(ResourceRow row, int type) => row.Metadata.Get(type) ?? "";

    private async ValueTask WriteAsync()
    {
        long told = _told;
        _unsaved = 0;
        await index.SetPropertyAsync(Property, At(told).Value).ConfigureAwait(false);
        _saved = told;
    }
}

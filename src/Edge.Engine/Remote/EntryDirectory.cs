using System.Text;
using System.Text.Json;
using Edge.Core.Configuration.Readers;
using Edge.Core.Errors;
using Edge.Core.Logging;
using Edge.Core.Options;
using Edge.Engine.Runtime;
using Edge.Store.Index;

namespace Edge.Engine.Remote;

/// <summary>What modalities or peers look like in JSON, and what is said of them.</summary>
/// <param name="Noun">In messages: <c>modality</c>.</param>
/// <param name="Read">Reads the entry of a name; throws <see cref="EdgeException"/> with the first thing that is wrong.</param>
/// <param name="Write">Writes all of an entry, so that <paramref name="Read"/> gives the same again.</param>
/// <param name="WritePublic">Writes what clients may see of it.</param>
public sealed record EntryForm<T>(string Noun, Func<string, ReadOnlyMemory<byte>, T> Read, Action<Utf8JsonWriter, T> Write, Action<Utf8JsonWriter, T> WritePublic)
    where T : class;

/// <summary>The entries that clients may add, change and remove: in memory, and in the index where an option says so (<c>DicomModalitiesInDatabase</c>, <c>OrthancPeersInDatabase</c>).</summary>
/// <param name="index">Null where the entries live as long as the process.</param>
public sealed class EntryDirectory<T>(NamedEntries<T> entries, EntryForm<T> form, IResourceIndex? index) : IDisposable
    where T : class
{
    private readonly SemaphoreSlim _gate = new(1, 1);

    public EntryForm<T> Form => form;

    /// <summary>A snapshot by name, in the order of the names.</summary>
    public IReadOnlyDictionary<string, T> All => entries.All;

    private string Prefix => form.Noun + ":";

    public void Dispose() => _gate.Dispose();

    public T? Find(string name) => entries.Find(name);

    /// <summary>Reads what the index holds. An entry that can no longer be read (a certificate is gone) is left out with a warning, and stays in the index.</summary>
    public async ValueTask LoadAsync()
    {
        if (index is null)
        {
            return;
        }

        foreach ((string property, string json) in await index.ReadAsync(Prefix, static (reader, prefix) => reader.Properties(prefix)).ConfigureAwait(false))
        {
            string name = property[Prefix.Length..];
            try
            {
                entries.Set(name, form.Read(name, Encoding.UTF8.GetBytes(json)));
            }
            catch (EdgeException e)
            {
                Log.Generic.Warning($"The {form.Noun} {name} in the index cannot be used: {e.Message}");
            }
        }
    }

    /// <summary>Adds or replaces. Durable, where entries are kept, when it completes.</summary>
    /// <exception cref="EdgeException">The JSON is wrong, or the index cannot be written; nothing is changed then.</exception>
    public async ValueTask SetAsync(string name, ReadOnlyMemory<byte> json, CancellationToken cancellation = default)
    {
        T entry = Read(name, json);
        await _gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (index is not null)
            {
                await index.SetPropertyAsync(Prefix + name, Text(entry), cancellation).ConfigureAwait(false);
            }

            entries.Set(name, entry);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <returns>False where there was none.</returns>
    public async ValueTask<bool> RemoveAsync(string name, CancellationToken cancellation = default)
    {
        await _gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (index is not null && entries.Find(name) is not null)
            {
                await index.SetPropertyAsync(Prefix + name, null, cancellation).ConfigureAwait(false);
            }

            return entries.Remove(name);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>In a request JSON that cannot be parsed is a bad file format, in a configuration it is bad JSON.</summary>
    private T Read(string name, ReadOnlyMemory<byte> json)
    {
        try
        {
            return form.Read(name, json);
        }
        catch (EdgeException e) when (e.Code == ErrorCode.BadJson)
        {
            throw new EdgeException(ErrorCode.BadFileFormat, e.Detail, e);
        }
    }

    private string Text(T entry)
    {
        using MemoryStream json = new();
        using (Utf8JsonWriter writer = new(json))
        {
            form.Write(writer, entry);
        }

        return Encoding.UTF8.GetString(json.ToArray());
    }
}

/// <summary>The modalities and peers of this server.</summary>
public sealed class RemoteDirectories(EdgeOptions options, RuntimeSettings settings, IResourceIndex index)
{
    public EntryDirectory<ModalityOptions> Modalities { get; } = new(
        settings.Modalities,
        new EntryForm<ModalityOptions>("modality", static (name, json) => ModalityReader.Parse(name, json.Span), ModalityReader.Write, ModalityReader.Write),
        options.Remote.DicomModalitiesInDatabase ? index : null);

    public EntryDirectory<PeerOptions> Peers { get; } = new(
        settings.Peers,
        new EntryForm<PeerOptions>("peer", static (name, json) => PeerReader.Parse(name, json.Span, Environment.CurrentDirectory), PeerReader.Write, PeerReader.WritePublic),
        options.HttpClient.OrthancPeersInDatabase ? index : null);

    /// <summary>Before anything is served.</summary>
    public async ValueTask LoadAsync()
    {
        await Modalities.LoadAsync().ConfigureAwait(false);
        await Peers.LoadAsync().ConfigureAwait(false);
    }
}

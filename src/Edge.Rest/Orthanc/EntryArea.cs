using Edge.Core.Errors;
using Edge.Engine.Remote;
using Edge.Rest.Hosting;
using Edge.Rest.Json;

namespace Edge.Rest.Orthanc;

/// <summary>What <c>/modalities</c> and <c>/peers</c> have in common: entries that are listed, described, put and deleted by name.</summary>
/// <param name="operations">What can be asked of an entry, sorted.</param>
public sealed class EntryArea<T>(EntryDirectory<T> directory, string[] operations)
    where T : class
{
    private const int LongestEntry = 64 * 1024;

    public ValueTask ListAsync(RestRequest request) => request.BooleanArgument("expand", absent: false)
        ? request.Json(directory, static (writer, all) =>
        {
            writer.WriteStartObject();
            foreach ((string name, T entry) in all.All)
            {
                writer.WritePropertyName(name);
                all.Form.WritePublic(writer, entry);
            }

            writer.WriteEndObject();
        })
        : request.Json(directory.All.Keys, static (writer, names) => writer.Texts(names));

    public ValueTask DescribeAsync(RestRequest request) => directory.Find(request.Param("id")) is null
        ? request.Empty(404)
        : request.Json(operations, static (writer, names) => writer.Texts(names));

    public async ValueTask PutAsync(RestRequest request)
    {
        ReadOnlyMemory<byte> body = await request.ReadBodyAsync(LongestEntry).ConfigureAwait(false);
        await directory.SetAsync(request.Param("id"), body, request.Aborted).ConfigureAwait(false);
        await request.EmptyText().ConfigureAwait(false);
    }

    public async ValueTask DeleteAsync(RestRequest request)
    {
        if (!await directory.RemoveAsync(request.Param("id"), request.Aborted).ConfigureAwait(false))
        {
            throw Unknown(request, ErrorCode.InexistentItem);
        }

        await request.EmptyText().ConfigureAwait(false);
    }

    /// <param name="unknown">The error for a name that is none: Orthanc's codes differ between its areas.</param>
    public ValueTask ConfigurationAsync(RestRequest request, ErrorCode unknown) => request.Json(
        (Entry: Require(request, unknown), directory.Form),
        static (writer, shown) => shown.Form.WritePublic(writer, shown.Entry));

    /// <summary>The entry that the path names.</summary>
    /// <exception cref="EdgeException">404 with <paramref name="unknown"/>.</exception>
    public T Require(RestRequest request, ErrorCode unknown) => directory.Find(request.Param("id")) ?? throw Unknown(request, unknown);

    private EdgeException Unknown(RestRequest request, ErrorCode code) => new(code, $"No {directory.Form.Noun} with symbolic name: {request.Param("id")}");
}

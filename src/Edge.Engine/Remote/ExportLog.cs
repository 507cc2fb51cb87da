using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Dicom.Tags;
using Edge.Engine.Query;
using Edge.Store.Index;

namespace Edge.Engine.Remote;

/// <summary>Notes which resources were sent elsewhere (<c>LogExportedResources</c>).</summary>
public sealed class ExportLog(IResourceIndex index, bool isEnabled)
{
    /// <summary>Notes resources; nothing where the option is off.</summary>
    /// <exception cref="EdgeException">UnknownResource.</exception>
    public async ValueTask NoteAsync(IReadOnlyList<string> publicIds, string remote, CancellationToken cancellation = default)
    {
        if (!isEnabled || publicIds.Count == 0)
        {
            return;
        }

        List<ExportRequest> exports = await index.ReadAsync(
            (publicIds, remote, Now: TimeProvider.System.GetUtcNow()),
            static (reader, q) =>
            {
                List<ExportRequest> list = new(q.publicIds.Count);
                foreach (string id in q.publicIds)
                {
                    ResourceRow row = reader.Find(id) ?? throw new EdgeException(ErrorCode.UnknownResource, $"Unknown resource: {id}");
                    list.Add(new ExportRequest(
                        row.Level,
                        id,
                        q.remote,
                        Key(reader, row, ResourceLevel.Patient) ?? "",
                        Key(reader, row, ResourceLevel.Study),
                        Key(reader, row, ResourceLevel.Series),
                        Key(reader, row, ResourceLevel.Instance),
                        q.Now));
                }

                return list;
            },
            cancellation).ConfigureAwait(false);
        await index.AppendExportsAsync(exports, cancellation).ConfigureAwait(false);
    }

    private static string? Key(IIndexReader reader, ResourceRow row, ResourceLevel level) =>
        row.Level < level ? null : reader.Ancestor(row.Id, level)?.Tags.Get(QueryLevels.Key(level).Value);
}

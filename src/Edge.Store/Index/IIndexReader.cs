using Edge.Core.Ids;
using Edge.Store.Jobs;
using Edge.Store.Outbox;

namespace Edge.Store.Index;

/// <summary>
/// One consistent, time-bounded view of the index, valid inside the query given to
/// <see cref="IResourceIndex.ReadAsync{TState,T}"/> alone. Absence is null or empty; a view that outlives its time
/// throws <c>Timeout</c>. Ids of the wrong shape are unknown ids.
/// </summary>
public interface IIndexReader
{
    // Resources.
    ResourceRow? Find(string publicId);

    ResourceRow? Find(string publicId, ResourceLevel level);

    ResourceRow? FindById(long id);

    /// <summary>Where an instance came from; null at other levels.</summary>
    OriginRecord? Origin(long instanceId);

    /// <summary>By Slicebox's number.</summary>
    ResourceRow? FindByImageId(long imageId);

    /// <summary>Public ids in the order of creation; <paramref name="limit"/> 0: all.</summary>
    List<string> ListIds(ResourceLevel level, long since = 0, long limit = 0);

    /// <summary>Rows in the order of creation; <paramref name="limit"/> 0: all.</summary>
    List<ResourceRow> List(ResourceLevel level, long since = 0, long limit = 0);

    /// <summary>Rows after <paramref name="afterId"/> in the order of creation: for walks through everything in bounded memory.</summary>
    List<ResourceRow> ListAfter(ResourceLevel level, long afterId, int limit);

    /// <summary>The highest row of a level, 0 where there is none.</summary>
    long LastId(ResourceLevel level);

    /// <summary>Public ids of the direct children, in the order of creation.</summary>
    List<string> ChildIds(long id);

    List<ResourceRow> Children(long id);

    /// <summary>All resources of <paramref name="level"/> below <paramref name="id"/> (itself if it is of that level), in the order of creation per parent.</summary>
    List<ResourceRow> Descendants(long id, ResourceLevel level);

    /// <summary>The first instance below <paramref name="id"/>, or itself; null if there is none.</summary>
    ResourceRow? FirstInstance(long id);

    /// <summary>The ancestor of <paramref name="level"/> (itself if it is of that level), null if the level lies below.</summary>
    ResourceRow? Ancestor(long id, ResourceLevel level);

    /// <summary>Rows with everything asked for, in the order of <paramref name="ids"/>; ids that are gone are left out. Few statements for many resources.</summary>
    List<ExpandedResource> Expand(IReadOnlyList<long> ids, ExpandParts parts);

    /// <summary>The same for rows that have been read already.</summary>
    List<ExpandedResource> Expand(IReadOnlyList<ResourceRow> rows, ExpandParts parts);

    /// <summary>The same from public ids of one level.</summary>
    List<ExpandedResource> Expand(ResourceLevel level, IReadOnlyList<string> publicIds, ExpandParts parts);

    // Search.
    List<FoundResource> FindResources(FindRequest request);

    long CountResources(FindRequest request);

    /// <summary>Resources whose PatientID, StudyInstanceUID, AccessionNumber, SeriesInstanceUID or SOPInstanceUID is <paramref name="value"/>, whatever the case of letters and what is not ASCII.</summary>
    List<LookupHit> Lookup(string value);

    /// <summary>Resources of a level whose <paramref name="tag"/> is <paramref name="value"/>, whatever the case of letters and what is not ASCII.</summary>
    List<LookupHit> Lookup(ResourceLevel level, uint tag, string value);

    // What belongs to a resource.
    AttachmentRow? Attachment(long id, int type);

    /// <summary>Ascending by type.</summary>
    List<AttachmentRow> Attachments(long id);

    /// <summary>Sorted.</summary>
    List<string> Labels(long id);

    bool HasLabel(long id, string label);

    /// <summary>All labels in use, sorted.</summary>
    List<string> AllLabels();

    bool IsProtected(long patientId);

    ResourceStatistics Statistics(long id);

    IndexTotals Totals();

    // Logs.
    ChangePage Changes(ChangeQuery query);

    /// <summary>The last change, or an empty page.</summary>
    ChangePage LastChange();

    ExportPage Exports(long since, int limit);

    ExportPage LastExport();

    // Everything else.
    /// <summary>A global property (modalities, peers, server identifier…), or null.</summary>
    string? Property(string name);

    /// <summary>Global properties whose name starts with <paramref name="prefix"/>, sorted.</summary>
    List<KeyValuePair<string, string>> Properties(string prefix);

    List<JobRow> Jobs();

    /// <summary>All jobs without body and cursor, which may be large.</summary>
    List<JobRow> JobHeads();

    JobRow? Job(string id);

    /// <summary>Backlog per destination, sorted by name.</summary>
    List<OutboxCounts> OutboxCounts();

    /// <summary>Rows of a destination in a state, oldest first.</summary>
    List<OutboxRow> Outbox(string destination, OutboxState state, long afterId, int limit);

    /// <summary>Delivered rows of a destination, in the order of their confirmation, which was not after <paramref name="before"/>; those that follow <paramref name="after"/>.</summary>
    List<OutboxRow> OutboxDelivered(string destination, DateTimeOffset before, OutboxRow? after, int limit);

    /// <summary>Rows of one instance.</summary>
    List<OutboxRow> OutboxOfInstance(long instanceId);

    /// <summary>Whether anything below the resource still waits for delivery.</summary>
    bool HasOpenOutbox(long id);

    List<UserRow> Users();

    UserRow? User(string name);
}

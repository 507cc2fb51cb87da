using Edge.Core.Ids;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Engine.Query;

namespace Edge.Engine.Remote;

/// <summary>A query that a modality has answered.</summary>
/// <param name="Id">Under which the REST API knows it.</param>
/// <param name="ModalityName">The symbolic name of the modality.</param>
/// <param name="Query">As it was asked.</param>
/// <param name="Answers">In the modality's order.</param>
public sealed record RemoteQuery(string Id, string ModalityName, ModalityOptions Modality, string? LocalAet, ResourceLevel Level, DataSet Query, IReadOnlyList<DataSet> Answers)
{
    /// <summary>The identifier that retrieves an answer (PS3.4 C.4.2.2.1): its level and the unique keys down to it.</summary>
    public static DataSet RetrievalOf(DataSet answer, ResourceLevel level)
    {
        DataSet identifier = new() { DefaultEncoding = answer.CharacterSet.Encoding };
        identifier.SetString(DicomTags.QueryRetrieveLevel, QueryLevels.Name(level), Vr.CS);
        for (ResourceLevel above = ResourceLevel.Patient; above <= level; above++)
        {
            DicomTag key = QueryLevels.Key(above);
            if (answer.GetString(key)?.Trim() is { Length: > 0 } value)
            {
                identifier.SetString(key, value);
            }
        }

        if (level == ResourceLevel.Study && answer.GetString(DicomTags.AccessionNumber)?.Trim() is { Length: > 0 } accession)
        {
            identifier.SetString(DicomTags.AccessionNumber, accession);
        }

        return identifier;
    }
}

/// <summary>The last queries (<c>QueryRetrieveSize</c>); the one unused for longest goes first.</summary>
public sealed class RemoteQueries(int capacity)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<RemoteQuery> _queries = new();

    public void Add(RemoteQuery query)
    {
        lock (_gate)
        {
            _queries.AddFirst(query);
            while (_queries.Count > Math.Max(1, capacity))
            {
                _queries.RemoveLast();
            }
        }
    }

    /// <summary>Null where it is unknown, or was dropped.</summary>
    public RemoteQuery? Find(string id)
    {
        lock (_gate)
        {
            LinkedListNode<RemoteQuery>? node = Node(id);
            if (node is not null)
            {
                _queries.Remove(node);
                _queries.AddFirst(node);
            }

            return node?.Value;
        }
    }

    public void Remove(string id)
    {
        lock (_gate)
        {
            if (Node(id) is { } node)
            {
                _queries.Remove(node);
            }
        }
    }

    /// <summary>The ids, sorted.</summary>
    public List<string> Ids()
    {
        lock (_gate)
        {
            List<string> ids = [.. _queries.Select(static query => query.Id)];
            ids.Sort(StringComparer.Ordinal);
            return ids;
        }
    }

    private LinkedListNode<RemoteQuery>? Node(string id)
    {
        for (LinkedListNode<RemoteQuery>? node = _queries.First; node is not null; node = node.Next)
        {
            if (node.Value.Id == id)
            {
                return node;
            }
        }

        return null;
    }
}

using System.Text;
using Edge.Core.Ids;
using Edge.Store.Index;

namespace Edge.Store.Sqlite;

/// <summary>
/// Answers a <see cref="FindRequest"/>: takes the candidates from the most selective source (an identifier range, a parent, a label, else
/// the whole level in order) and checks every condition on each. The plan is chosen here and not by SQLite, so it is the same every time.
/// </summary>
internal sealed partial class Finder(Connection db, FindRequest request)
{
    private const uint ModalitiesInStudy = 0x00080061;
    private const uint Modality = 0x00080060;
    private const int MaximumKnownAncestors = 20_000;
    private const string Columns = "id,public_id,parent,tags,metadata,last_update,patient_tags";

    private readonly List<(TagConstraint Constraint, ValueMatcher Matcher)> _tags = [];
    private readonly List<(MetadataConstraint Constraint, ValueMatcher Matcher)> _metadata = [];
    private readonly Dictionary<long, Ancestor> _ancestors = [];
    private readonly long[] _parents = new long[4];
    private bool _needsAncestors;

    /// <summary>What the candidates came from, for tests: <c>index</c>, <c>parent</c>, <c>label</c> or <c>level</c>.</summary>
    public string Source { get; private set; } = "level";

    public List<FoundResource> Run()
    {
        List<FoundResource> found = [];
        if (!Prepare())
        {
            return found;
        }

        bool ordered = request.OrderBy.Count > 0;
        long skip = ordered ? 0 : request.Since;
        long limit = ordered || request.Limit == 0 ? long.MaxValue : request.Limit;
        List<object?[]> keys = [];
        if (Candidates() is { } candidates)
        {
            candidates.Sort();
            using Statement read = db.Prepare($"SELECT {Columns} FROM resources WHERE id=?1");
            foreach (long id in candidates)
            {
                if (found.Count >= limit)
                {
                    break;
                }

                if (read.Bind(1, id).Step())
                {
                    Take(read, found, keys, ref skip);
                }

                read.Dispose();
                db.CheckTime();
            }
        }
        else
        {
            using Statement read = db.Prepare($"SELECT {Columns} FROM resources WHERE level=?1 ORDER BY id");
            read.Bind(1, (long)request.Level);
            while (found.Count < limit && read.Step())
            {
                Take(read, found, keys, ref skip);
            }
        }

        return ordered ? Order(found, keys) : found;
    }

    private void Take(Statement row, List<FoundResource> found, List<object?[]> keys, ref long skip)
    {
        if (!Matches(row))
        {
            return;
        }

        if (skip > 0)
        {
            skip--;
            return;
        }

        found.Add(new FoundResource(row.Integer(0), PublicId.Format(row.Span(1))));
        if (request.OrderBy.Count > 0)
        {
            keys.Add(Keys(row));
        }
    }

    /// <summary>False: nothing can match.</summary>
    private bool Prepare()
    {
        foreach (TagConstraint given in request.Tags)
        {
            // Below the patient its tags are those that the study came with: patients of one PatientID may differ in the rest.
            TagConstraint constraint = given.Level == ResourceLevel.Patient && request.Level > ResourceLevel.Patient ? given with { Level = ResourceLevel.Study } : given;
            if (constraint.Level > request.Level)
            {
                return false;
            }

            if (constraint.Tag == ModalitiesInStudy && constraint.Level != ResourceLevel.Study)
            {
                return false;
            }

            _needsAncestors |= constraint.Level < request.Level;
            _tags.Add((constraint, new ValueMatcher(constraint.Kind, constraint.Values, constraint.CaseSensitive)));
        }

        foreach (MetadataConstraint constraint in request.Metadata)
        {
            _metadata.Add((constraint, new ValueMatcher(constraint.Kind, constraint.Values, constraint.CaseSensitive)));
        }

        foreach (FindOrder order in request.OrderBy)
        {
            _needsAncestors |= order.Level < request.Level;
        }

        return Parent(request.ParentPatient, ResourceLevel.Patient) && Parent(request.ParentStudy, ResourceLevel.Study) && Parent(request.ParentSeries, ResourceLevel.Series);
    }

    private bool Parent(string? publicId, ResourceLevel level)
    {
        if (publicId is null)
        {
            return true;
        }

        Span<byte> key = stackalloc byte[PublicId.Size];
        if (level > request.Level || !PublicId.TryParse(publicId, key))
        {
            return false;
        }

        long id = Ingestion.Row(db, key, out ResourceLevel found);
        _parents[(int)level - 1] = id;
        _needsAncestors = true;
        return id != 0 && found == level;
    }

    /// <summary>Candidates of the level asked for, unordered; null: all of the level.</summary>
    private List<long>? Candidates()
    {
        for (int level = 3; level >= 1; level--)
        {
            if (_parents[level - 1] != 0)
            {
                Source = "parent";
                return Descend([_parents[level - 1]], (ResourceLevel)level);
            }
        }

        long best = long.MaxValue;
        List<IndexRange>? ranges = null;
        ResourceLevel from = request.Level;
        bool modalities = false;
        foreach ((TagConstraint constraint, _) in _tags)
        {
            bool viaSeries = constraint.Tag == ModalitiesInStudy;
            List<IndexRange>? some = IndexRange.For(viaSeries ? constraint with { Level = ResourceLevel.Series, Tag = Modality } : constraint);
            if (some is null)
            {
                continue;
            }

            long cost = 0;
            foreach (IndexRange range in some)
            {
                cost += range.Estimate(db);
            }

            // Of a level above, each hit has several candidates below it; series outnumber their studies.
            cost = (cost << (2 * (request.Level - constraint.Level))) + (viaSeries ? cost : 0);
            if (cost < best)
            {
                (best, ranges, from, modalities) = (cost, some, constraint.Level, viaSeries);
            }
        }

        if (request.Labels.Count > 0 && request.LabelsConstraint != LabelsConstraint.None && best > 64)
        {
            Source = "label";
            return Labelled();
        }

        if (ranges is null)
        {
            return null;
        }

        Source = "index";
        HashSet<long> seen = [];
        List<long> found = [];
        foreach (IndexRange range in ranges)
        {
            range.Collect(db, seen, found);
        }

        return Descend(modalities ? ParentsOf(found) : found, from);
    }

    private List<long> Labelled()
    {
        HashSet<long> seen = [];
        List<long> found = [];
        int labels = request.LabelsConstraint == LabelsConstraint.All ? 1 : request.Labels.Count;
        using Statement read = db.Prepare("SELECT l.resource FROM labels l JOIN resources r ON r.id=l.resource WHERE l.label=?1 AND r.level=?2");
        for (int i = 0; i < labels; i++)
        {
            read.Bind(1, request.Labels[i]).Bind(2, (long)request.Level);
            while (read.Step())
            {
                if (seen.Add(read.Integer(0)))
                {
                    found.Add(read.Integer(0));
                }
            }

            read.Dispose();
        }

        return found;
    }

    private List<long> ParentsOf(List<long> series)
    {
        HashSet<long> parents = [];
        using Statement read = db.Prepare("SELECT parent FROM resources WHERE id=?1");
        foreach (long id in series)
        {
            if (read.Bind(1, id).Step())
            {
                parents.Add(read.Integer(0));
            }

            read.Dispose();
        }

        return [.. parents];
    }

    private List<long> Descend(List<long> ids, ResourceLevel from)
    {
        for (ResourceLevel level = from; level < request.Level; level++)
        {
            List<long> below = [];
            using Statement children = db.Prepare("SELECT id FROM resources WHERE parent=?1");
            foreach (long id in ids)
            {
                children.Bind(1, id);
                while (children.Step())
                {
                    below.Add(children.Integer(0));
                }

                children.Dispose();
                db.CheckTime();
            }

            ids = below;
        }

        return ids;
    }

    private bool Matches(Statement row)
    {
        long id = row.Integer(0);
        foreach ((TagConstraint constraint, ValueMatcher matcher) in _tags)
        {
            if (constraint.Level == request.Level && constraint.Tag != ModalitiesInStudy && !Matches(row.Span(3), row.Span(6), constraint.Tag, matcher))
            {
                return false;
            }
        }

        foreach ((MetadataConstraint constraint, ValueMatcher matcher) in _metadata)
        {
            if (!MatchesMetadata(row, constraint.Type, matcher))
            {
                return false;
            }
        }

        if (_needsAncestors && !MatchesAncestors(row.Integer(2)))
        {
            return false;
        }

        // What takes statements of its own comes last.
        foreach ((TagConstraint constraint, ValueMatcher matcher) in _tags)
        {
            if (constraint.Tag == ModalitiesInStudy && !HasModality(StudyOf(id, row.Integer(2)), matcher))
            {
                return false;
            }
        }

        return MatchesOwn(id) && MatchesLabels(id);
    }

    private static bool Matches(ReadOnlySpan<byte> packed, ReadOnlySpan<byte> ofPatient, uint tag, ValueMatcher matcher) =>
        (TryFind(packed, tag, out ReadOnlySpan<byte> value) || TryFind(ofPatient, tag, out value)) && matcher.Matches(value);

    private static bool TryFind(ReadOnlySpan<byte> packed, uint tag, out ReadOnlySpan<byte> value)
    {
        PackedTags.Enumerator tags = new(packed);
        while (tags.MoveNext())
        {
            if (tags.Current.Tag == tag)
            {
                value = tags.Current.Utf8;
                return true;
            }
        }

        value = default;
        return false;
    }

    private static bool MatchesMetadata(Statement row, int type, ValueMatcher matcher)
    {
        if (type == MetadataType.LastUpdate)
        {
            return row.Integer(5) != 0 && matcher.Matches(Encoding.ASCII.GetBytes(RowReader.LastUpdate(row.Integer(5))));
        }

        PackedMetadata.Enumerator metadata = new(row.Span(4));
        while (metadata.MoveNext())
        {
            if (metadata.Current.Type == type)
            {
                return matcher.Matches(metadata.Current.Utf8);
            }
        }

        return false;
    }

    private bool MatchesAncestors(long parent)
    {
        for (ResourceLevel level = request.Level - 1; level >= ResourceLevel.Patient && parent != 0; level--)
        {
            Ancestor ancestor = Known(parent);
            foreach ((TagConstraint constraint, ValueMatcher matcher) in _tags)
            {
                if (constraint.Level == level && constraint.Tag != ModalitiesInStudy && !Matches(ancestor.Tags.Span, ancestor.PatientTags.Span, constraint.Tag, matcher))
                {
                    return false;
                }
            }

            long wanted = _parents[(int)level - 1];
            if (wanted != 0 && wanted != parent)
            {
                return false;
            }

            parent = ancestor.Parent;
        }

        return true;
    }

    /// <summary>A parent condition may name the very level asked for.</summary>
    private bool MatchesOwn(long id) => request.Level == ResourceLevel.Instance || _parents[(int)request.Level - 1] is var wanted && (wanted == 0 || wanted == id);

    private bool MatchesLabels(long id)
    {
        if (request.Labels.Count == 0)
        {
            return request.LabelsConstraint != LabelsConstraint.None || !request.LabelsAsked || !HasAnyLabel(id);
        }

        int held = 0;
        using Statement read = db.Prepare("SELECT 1 FROM labels WHERE resource=?1 AND label=?2");
        foreach (string label in request.Labels)
        {
            held += read.Bind(1, id).Bind(2, label).Step() ? 1 : 0;
            read.Dispose();
        }

        return request.LabelsConstraint switch
        {
            LabelsConstraint.All => held == request.Labels.Count,
            LabelsConstraint.Any => held > 0,
            _ => held == 0,
        };
    }

    private bool HasAnyLabel(long id)
    {
        using Statement read = db.Prepare("SELECT 1 FROM labels WHERE resource=?1 LIMIT 1");
        return read.Bind(1, id).Step();
    }

    private long StudyOf(long id, long parent) => request.Level switch
    {
        ResourceLevel.Study => id,
        ResourceLevel.Series => parent,
        _ => Known(parent).Parent,
    };

    private bool HasModality(long study, ValueMatcher matcher)
    {
        using Statement read = db.Prepare("SELECT tags FROM resources WHERE parent=?1");
        read.Bind(1, study);
        while (read.Step())
        {
            if (Matches(read.Span(0), default, Modality, matcher))
            {
                return true;
            }
        }

        return false;
    }

    private Ancestor Known(long id)
    {
        if (_ancestors.TryGetValue(id, out Ancestor ancestor))
        {
            return ancestor;
        }

        using Statement read = db.Prepare("SELECT parent,tags,patient_tags FROM resources WHERE id=?1");
        ancestor = read.Bind(1, id).Step() ? new Ancestor(read.Integer(0), read.Bytes(1), read.Bytes(2)) : default;
        if (_ancestors.Count >= MaximumKnownAncestors)
        {
            _ancestors.Clear();
        }

        _ancestors[id] = ancestor;
        return ancestor;
    }

    private readonly record struct Ancestor(long Parent, ReadOnlyMemory<byte> Tags, ReadOnlyMemory<byte> PatientTags);
}

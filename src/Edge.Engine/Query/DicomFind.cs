using System.Runtime.CompilerServices;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Dicom.Text;
using Edge.Engine.Content;
using Edge.Engine.Runtime;
using Edge.Store.Index;

namespace Edge.Engine.Query;

/// <summary>Answers C-FIND of the query/retrieve service over the local resources (PS3.4 C.4.1).</summary>
public sealed class DicomFind(ResourceQueries queries, InstanceFiles files, MainTags mainTags, RuntimeSettings settings, EdgeOptions options)
{
    private const int PageSize = 100;

    /// <summary>Reads the request and finds what matches; answers are composed as they are taken.</summary>
    /// <exception cref="EdgeException">ParameterOutOfRange for a request that cannot be answered.</exception>
    public async ValueTask<DicomFindAnswers> FindAsync(DataSet identifier, bool ignoresVitrea, CancellationToken cancellation)
    {
        ResourceLevel? level = QueryLevels.Parse(identifier.GetString(DicomTags.QueryRetrieveLevel));
        int cap = level == ResourceLevel.Instance ? options.Indexing.LimitFindInstances : options.Indexing.LimitFindResults;
        DicomFindRequest request = DicomFindRequest.Read(identifier, mainTags, options.Indexing, ignoresVitrea, cap > 0 ? cap + 1 : 0);
        List<FoundResource> found = await queries.FindResourcesAsync(request.Query, cancellation).ConfigureAwait(false);
        bool isCut = cap > 0 && found.Count > cap;
        if (isCut)
        {
            found.RemoveRange(cap, found.Count - cap);
        }

        return new DicomFindAnswers(ComposeAsync(request, found, cancellation), isCut);
    }

    private async IAsyncEnumerable<DataSet> ComposeAsync(DicomFindRequest request, List<FoundResource> found, [EnumeratorCancellation] CancellationToken cancellation)
    {
        RequestedTags requested = new(request.Keys.Where(static key => !key.Tag.IsPrivate).Select(static key => key.Tag));
        RequestedKey[] privates = [.. request.Keys.Where(static key => key.Tag.IsPrivateElement)];
        ExpandParts parts = requested.PartsFor(request.Level);
        bool fromFile = options.Indexing.StorageAccessOnFind != StorageAccessOnFind.Never;
        for (int at = 0; at < found.Count; at += PageSize)
        {
            List<long> page = found.GetRange(at, Math.Min(PageSize, found.Count - at)).ConvertAll(static one => one.Id);
            foreach (ExpandedResource resource in await queries.ExpandAsync(page, parts, cancellation).ConfigureAwait(false))
            {
                DataSet values = await requested.AnswerAsync(resource, queries.Index, files, fromFile, cancellation).ConfigureAwait(false);
                DataSet? file = privates.Length > 0 && fromFile
                    ? (await RequestedTags.ReadFileAsync(resource.Row.Id, queries.Index, files, cancellation).ConfigureAwait(false))?.DataSet
                    : null;
                yield return Compose(request, values, file);
            }
        }
    }

    /// <summary>An answer in the default encoding: each key asked for, empty where nothing is known of it.</summary>
    private DataSet Compose(DicomFindRequest request, DataSet values, DataSet? file)
    {
        SpecificCharacterSet characterSet = SpecificCharacterSet.Of(settings.DefaultEncoding);
        DataSet answer = new() { DefaultEncoding = OrthancEncoding.Utf8 };
        file?.ChangeCharacterSet(SpecificCharacterSet.Utf8);
        foreach (RequestedKey key in request.Keys)
        {
            if (key.Own is { } own)
            {
                Set(answer, key.Tag, key.Vr, own);
                continue;
            }

            (DataSet? source, DicomTag tag) = (values, key.Tag);
            if (key.Tag.IsPrivate)
            {
                string creator = key.Creator ?? options.Dictionaries.DefaultPrivateCreator;
                (source, tag) = file?.FindPrivateTag(creator, key.Tag.Group, (byte)key.Tag.Element) is { } there ? (file, there) : (null, key.Tag);
            }

            if (source?.Find(tag) is { IsSequence: true } sequence)
            {
                answer.Set(sequence.WithTag(key.Tag));
            }
            else if (key.Vr != Vr.SQ)
            {
                // A sequence that no file has is left out, as Orthanc does.
                Set(answer, key.Tag, key.Vr, source?.GetString(tag) ?? "");
            }
        }

        answer.ChangeCharacterSet(characterSet);
        answer.SetString(DicomTags.QueryRetrieveLevel, request.LevelText, Vr.CS);
        answer.SetString(DicomTags.RetrieveAETitle, options.Dicom.DicomAet, Vr.AE);
        return answer;
    }

    /// <summary>Sets a value; one that its VR cannot hold (a number that is none) is answered as unknown.</summary>
    private static void Set(DataSet answer, DicomTag tag, Vr vr, string text)
    {
        try
        {
            if (text.Length > 0)
            {
                answer.SetString(tag, text, vr);
                return;
            }
        }
        catch (EdgeException e) when (e.Code == ErrorCode.BadParameterType)
        {
            Core.Logging.Log.Dicom.Info($"C-FIND: the stored value of {tag} is none of its VR");
        }

        answer.Set(new DicomElement(tag, vr, ReadOnlyMemory<byte>.Empty));
    }
}

/// <summary>What a C-FIND found.</summary>
/// <param name="DataSets">The answers, to be enumerated once.</param>
/// <param name="IsCut">There are more, beyond <c>LimitFindResults</c> or <c>LimitFindInstances</c>.</param>
public sealed record DicomFindAnswers(IAsyncEnumerable<DataSet> DataSets, bool IsCut);

using System.Globalization;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Dicom.Tags;
using Edge.Store.Index;

namespace Edge.Engine.Archives;

/// <summary>A file that is to go into an archive.</summary>
/// <param name="Path">In the archive.</param>
/// <param name="InstanceId">The row of the instance.</param>
/// <param name="PublicId">Its identifier.</param>
internal readonly record struct PlannedFile(string Path, long InstanceId, string PublicId);

/// <summary>What goes into an archive, in Orthanc's order: patients, studies and series by ascending identifier, instances as they were created.</summary>
internal sealed class ArchivePlan
{
    private readonly SortedDictionary<string, Node> _patients = new(StringComparer.Ordinal);
    private readonly ArchiveRequest _request;

    private ArchivePlan(ArchiveRequest request) => _request = request;

    /// <summary>The instances below the resources of a request, each once.</summary>
    /// <exception cref="EdgeException">UnknownResource.</exception>
    public static List<PlannedFile> Make(IIndexReader reader, ArchiveRequest request)
    {
        ArchivePlan plan = new(request);
        foreach (string id in request.Resources)
        {
            plan.Add(reader, reader.Find(id) ?? throw new EdgeException(ErrorCode.UnknownResource, $"Unknown resource: {id}"));
        }

        return request.IsMedia ? plan.ListMedia() : plan.ListFolders();
    }

    private void Add(IIndexReader reader, ResourceRow row)
    {
        if (row.Level == ResourceLevel.Instance)
        {
            ResourceRow series = reader.Ancestor(row.Id, ResourceLevel.Series)!;
            SeriesNode(reader, series).Instances[row.Id] = Planned(row);
            return;
        }

        if (row.Level == ResourceLevel.Patient)
        {
            Patient(row).Row = row; // asked for itself, it bears its own name
        }

        foreach (ResourceRow series in reader.Descendants(row.Id, ResourceLevel.Series))
        {
            Node node = SeriesNode(reader, series);
            foreach (ResourceRow instance in reader.Children(series.Id))
            {
                node.Instances[instance.Id] = Planned(instance);
            }
        }
    }

    private Node SeriesNode(IIndexReader reader, ResourceRow series)
    {
        ResourceRow study = reader.FindById(series.ParentId)!;
        Node patient = Patient(reader.FindById(study.ParentId)!, isAsked: false);
        Node studyNode = patient.Child(study);
        return studyNode.Child(series);
    }

    private Node Patient(ResourceRow row, bool isAsked = true)
    {
        if (!_patients.TryGetValue(row.PublicId, out Node? node))
        {
            _patients.Add(row.PublicId, node = new Node());
        }

        if (isAsked)
        {
            node.Row = row;
        }

        return node;
    }

    private static (string PublicId, string? Number) Planned(ResourceRow instance) => (instance.PublicId, instance.Tags.Get(DicomTags.InstanceNumber.Value));

    private List<PlannedFile> ListMedia()
    {
        List<PlannedFile> files = [];
        foreach (Node patient in _patients.Values)
        {
            foreach (Node study in patient.Children.Values)
            {
                foreach (Node series in study.Children.Values)
                {
                    foreach ((long id, (string publicId, _)) in series.Instances)
                    {
                        files.Add(new PlannedFile(string.Create(CultureInfo.InvariantCulture, $"IMAGES/IM{files.Count}"), id, publicId));
                    }
                }
            }
        }

        return files;
    }

    private List<PlannedFile> ListFolders()
    {
        List<PlannedFile> files = [];
        Dictionary<string, int> patientNames = new(StringComparer.OrdinalIgnoreCase);
        foreach (Node patient in _patients.Values)
        {
            PackedTags tags = patient.Row is { } row ? row.Tags : patient.Children.Values.First().Row!.PatientTags;
            string patientFolder = ArchiveNames.Unique(patientNames, ArchiveNames.Folder(
                "Unknown Patient", _request.Utf8, tags.Get(DicomTags.PatientID.Value), tags.Get(DicomTags.PatientName.Value)));
            Dictionary<string, int> studyNames = new(StringComparer.OrdinalIgnoreCase);
            foreach (Node study in patient.Children.Values)
            {
                PackedTags ofStudy = study.Row!.Tags;
                string studyFolder = ArchiveNames.Unique(studyNames, ArchiveNames.Folder(
                    "Unknown Study", _request.Utf8, ofStudy.Get(DicomTags.AccessionNumber.Value), ofStudy.Get(DicomTags.StudyDescription.Value)));
                Dictionary<string, int> seriesNames = new(StringComparer.OrdinalIgnoreCase);
                foreach (Node series in study.Children.Values)
                {
                    PackedTags ofSeries = series.Row!.Tags;
                    string? modality = ofSeries.Get(DicomTags.Modality.Value);
                    string seriesFolder = ArchiveNames.Unique(seriesNames, ArchiveNames.Folder(
                        "Unknown Series", _request.Utf8, modality, ofSeries.Get(DicomTags.SeriesDescription.Value)));
                    int[] numbers = ArchiveNames.Numbers([.. series.Instances.Values.Select(static instance => instance.Number)]);
                    int at = 0;
                    foreach ((long id, (string publicId, _)) in series.Instances)
                    {
                        files.Add(new PlannedFile($"{patientFolder}/{studyFolder}/{seriesFolder}/{ArchiveNames.File(modality, numbers[at++])}", id, publicId));
                    }
                }
            }
        }

        return files;
    }

    private sealed class Node
    {
        public ResourceRow? Row { get; set; }

        public SortedDictionary<string, Node> Children { get; } = new(StringComparer.Ordinal);

        /// <summary>By row, which ascends in the order of creation.</summary>
        public SortedDictionary<long, (string PublicId, string? Number)> Instances { get; } = [];

        public Node Child(ResourceRow row)
        {
            if (!Children.TryGetValue(row.PublicId, out Node? child))
            {
                Children.Add(row.PublicId, child = new Node { Row = row });
            }

            return child;
        }
    }
}

namespace Edge.Core.Options;

/// <summary>What is sent on, where to, and what happens to it afterwards.</summary>
[OptionGroup("Edge: forwarding", Section = "Edge.Forwarding")]
public sealed class ForwardingOptions
{
    /// <summary>What goes where. To names entries of DicomModalities and OrthancPeers. A rule matches if all its conditions do: CallingAet, CalledAet, Modality, Station, Tags and Hours (local time). Tags are named by keyword or gggg,eeee, those in sequences as in RequestAttributesSequence[*].AccessionNumber; anything before the pixel data, and TransferSyntaxUID. A condition is a text or a list of them; * and ? are wildcards, a..b is a range. IncludeRepeats sends again what was stored already; higher Priority is sent first.</summary>
    [Option(Reader = "ForwardingRuleMap", Example = "{ \"ct-to-pacs\": { \"To\": \"pacs\", \"Modality\": [ \"CT\", \"MR\" ], \"Tags\": { \"StudyDate\": \"20200101..\" }, \"Hours\": \"18:00-06:00\" } }")]
    public Dictionary<string, ForwardingRuleOptions> Rules { get; set; } = [];

    /// <summary>How a destination is sent to, by its name in DicomModalities or OrthancPeers: Associations at the same time (1), MaximumKBps (0 = no limit), Hours in which it is sent to (local time), RetryMinimum and RetryMaximum in seconds (5, 900), GiveUpAfter in hours (0 = never, the default). With StorageCommitment (a modality that knows this server as one) an instance counts as delivered only when the destination has answered for it; CommitmentTimeout is how long its report is waited for, in seconds (3600).</summary>
    [Option(Reader = "ForwardingDestinationMap", Example = "{ \"pacs\": { \"Associations\": 2, \"MaximumKBps\": 10000, \"Hours\": [ \"18:00-06:00\" ], \"GiveUpAfter\": 240 } }")]
    public Dictionary<string, ForwardingDestinationOptions> Destinations { get; set; } = [];

    /// <summary>Delete a forwarded instance this long after all its destinations have confirmed it; 0 = at once, -1 = never. What waits or is parked is never deleted.</summary>
    [Option(Min = -1, Unit = "hours")]
    public int DeleteDeliveredAfter { get; set; } = -1;

    /// <summary>With less free space than this, delivered instances are deleted whatever their age, the oldest first; 0 = off.</summary>
    [Option(Min = 0, Unit = "MB")]
    public int DeleteDeliveredBelowFree { get; set; }
}
